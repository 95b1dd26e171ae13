import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cleanEnv } from './e2e/harness.ts';
import { runProgram } from './support/programs.ts';

const ROOT = join(import.meta.dirname, '..');

let folder: string;
let tarball: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edge-upload-package-'));
  // What `npm test` has just built is packed; building again here would pull it from under the other tests.
  const packed = await npm(ROOT, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder);
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
  tarball = join(folder, filename);
});
after(() => rm(folder, { recursive: true, force: true }));

async function npm(cwd: string, ...args: string[]) {
  const ran = await runProgram('npm', args, { cwd, env: process.env });
  assert.equal(ran.code, 0, `npm ${args.join(' ')}\n${ran.stderr}`);
  return ran;
}

async function installed(name: string, ...flags: string[]) {
  const cwd = join(folder, name);
  await mkdir(cwd);
  await npm(cwd, 'install', '--prefix', cwd, '--prefer-offline', '--no-save', ...flags, tarball);
  const env = cleanEnv(join(cwd, 'home'), { XDG_DATA_HOME: join(cwd, 'home') });
  return {
    cwd,
    run: (...args: string[]) => runProgram(join(cwd, 'node_modules/.bin/edge-upload'), args, { cwd, env }),
  };
}

test('the tarball holds what runs and nothing else, and is small', async () => {
  assert.ok((await stat(tarball)).size < 4 * 1024 ** 2);
  const { stdout } = await runProgram('tar', ['-tzf', tarball]);
  const files = stdout.trim().split('\n');
  for (const needed of [
    'dist/edge-upload.cjs',
    'dist/import.cjs',
    'dist/main.js',
    'dist/local.js',
    'dist/edge.cjs',
    'dist/sandbox.cjs',
    'LICENSE',
    'README.md',
  ]) {
    assert.ok(files.includes(`package/${needed}`), needed);
  }
  assert.deepEqual(
    files.filter((file) => /\.ts$|node_modules|test\//.test(file)),
    [],
  );
  assert.match(await readFile(join(ROOT, 'dist/THIRD-PARTY-NOTICES.txt'), 'utf8'), /undici[\s\S]*MIT/);
});

test('installed without optional dependencies it runs, and says what deploying needs', async () => {
  const { cwd, run } = await installed('uploader', '--omit=optional');
  assert.equal(existsSync(join(cwd, 'node_modules/aws-cdk-lib')), false);
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  assert.equal((await run('--version')).stdout, `${version}\n`);
  const deploy = await run('deploy', '--local', '--json');
  assert.equal(deploy.code, 8);
  const { error } = JSON.parse(deploy.stdout);
  assert.equal(error.code, 'optional_missing');
  assert.match(error.hint, /npm install/);
});

test('installed whole it tells the whole story', async () => {
  const { run } = await installed('operator');
  const demo = await run('demo', '--json');
  assert.equal(demo.code, 0, demo.stderr);
  assert.equal(JSON.parse(demo.stdout).outcome, 'done');
});
