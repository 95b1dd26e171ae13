import assert from 'node:assert/strict';
import { chmod, chown, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { platform } from 'node:process';
import { type TestContext, test } from 'node:test';
import { ownFolder } from '../cli/transfer/helpers/uploading.ts';
import { CLI, cleanEnv } from '../e2e/harness.ts';
import { runProgram } from '../support/programs.ts';

/** A computer with a cache that an earlier command has written. */
async function computer(t: TestContext) {
  const home = await ownFolder(t);
  const folder = join(home, '.cache/edge-upload');
  const file = join(folder, 'main.code');
  const run = async (args: readonly string[] = ['deployments', 'list', '--json'], env = {}) => {
    const { code, stdout, stderr } = await runProgram(process.execPath, [CLI, ...args], {
      cwd: home,
      env: cleanEnv(home, env),
    });
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    return stdout;
  };
  return { home, folder, file, run };
}

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
const isThere = (path: string) => stat(path).then(Boolean, () => false);

test('keeps the compiled code of a command for the next one, private to its user', async (t) => {
  const { folder, file, run } = await computer(t);
  const first = await run();
  assert.deepEqual([await modeOf(folder), await modeOf(file)], [0o700, 0o600]);
  const { mtimeNs } = await stat(file, { bigint: true });
  assert.equal(await run(), first);
  assert.equal((await stat(file, { bigint: true })).mtimeNs, mtimeNs);
});

test('loads code on demand when a command runs from compiled code', async (t) => {
  const { home, run } = await computer(t);
  await run();
  // The SDK, which is loaded on demand, finds no credentials.
  const look = (env = {}) =>
    runProgram(process.execPath, [CLI, 'synth'], {
      cwd: home,
      env: cleanEnv(home, { AWS_EC2_METADATA_DISABLED: 'true', ...env }),
    });
  const cached = await look();
  assert.match(cached.stderr, /no AWS credentials were found/);
  assert.deepEqual(cached, await look({ NODE_DISABLE_COMPILE_CACHE: '1' }));
});

test('keeps the compiled code of the embedded cloud', async (t) => {
  const { folder, run } = await computer(t);
  const startAndStop = async () => {
    try {
      await run(['local', 'start', '--port', '0', '--quiet']);
    } finally {
      await run(['local', 'stop', '--quiet']);
    }
  };
  const code = join(folder, 'cloud.code');
  await startAndStop();
  assert.equal(await modeOf(code), 0o600);
  const { mtimeNs } = await stat(code, { bigint: true });
  await startAndStop();
  assert.equal((await stat(code, { bigint: true })).mtimeNs, mtimeNs);
});

test('caches only ASCII programs, which are read fastest', async () => {
  for (const name of ['main', 'put', 'cloud', 'cdk']) {
    const program = await readFile(join(CLI, `../${name}.cjs`));
    assert.equal(
      program.findIndex((byte) => byte >= 0x80),
      -1,
      `${name}.cjs`,
    );
  }
});

test('keeps no compiled code of a help page', async (t) => {
  const { file, run } = await computer(t);
  await run(['deployments', 'list', '--help']);
  assert.equal(await isThere(file), false);
});

test('keeps the compiled code of a dry run apart', async (t) => {
  const { home, folder, run } = await computer(t);
  await writeFile(join(home, 'a.txt'), 'a');
  await run(['put', 'a.txt', '--dry-run'], { EDGE_UPLOAD_URL: 'https://d111111abcdef8.cloudfront.net' });
  assert.deepEqual(await readdir(folder), ['put-dry-run.code']);
});

test('keeps no cache with NODE_DISABLE_COMPILE_CACHE', async (t) => {
  const { home, run } = await computer(t);
  await run(undefined, { NODE_DISABLE_COMPILE_CACHE: '1' });
  assert.equal(await isThere(join(home, '.cache')), false);
});

test('keeps caches in XDG_CACHE_HOME, and ignores a relative path', async (t) => {
  const { home, file, run } = await computer(t);
  await mkdir(join(home, 'caches'));
  await run(undefined, { XDG_CACHE_HOME: join(home, 'caches') });
  assert.ok(await isThere(join(home, 'caches/edge-upload/main.code')));
  assert.equal(await isThere(file), false);
  await run(undefined, { XDG_CACHE_HOME: 'caches' });
  assert.ok(await isThere(file));
});

/** Changes of the cache file. After each, the next command replaces the file. */
const REPLACED: Readonly<Record<string, (file: string) => Promise<void>>> = {
  async 'a damaged file'(file) {
    const content = await readFile(file);
    content.writeUInt8(content.readUInt8(50_000) ^ 1, 50_000);
    await writeFile(file, content);
  },
  'an empty file': (file) => writeFile(file, ''),
  async 'the code of another build'(file) {
    const content = await readFile(file);
    content.writeUInt8(content.readUInt8(0) ^ 1, 0);
    await writeFile(file, content);
  },
  'a file that others can read': (file) => chmod(file, 0o644),
  async 'a link'(file) {
    await rename(file, `${file}.elsewhere`);
    await symlink(`${file}.elsewhere`, file);
  },
};

test('replaces damaged compiled code, and never runs it', async (t) => {
  const { file, run } = await computer(t);
  const first = await run();
  const sound = await readFile(file);
  for (const [name, change] of Object.entries(REPLACED)) {
    await t.test(name, async () => {
      await change(file);
      assert.equal(await run(), first);
      const content = await readFile(file);
      assert.deepEqual(content.subarray(0, 4), sound.subarray(0, 4));
      assert.equal(content.length > 1000 && (await modeOf(file)), 0o600);
    });
  }
});

const OTHER_USER = 65_534;

/** Ways to make a folder writable or owned by others. */
const FOREIGN: Readonly<Record<string, (folder: string) => Promise<void>>> = {
  'a folder that others can enter': (folder) => chmod(folder, 0o711),
  async 'a link to a folder'(folder) {
    await rename(folder, `${folder}.elsewhere`);
    await symlink(`${folder}.elsewhere`, folder);
  },
  // Only root can change the owner of a folder.
  ...(process.geteuid?.() === 0 && {
    "another user's folder": (folder) => chown(folder, OTHER_USER, OTHER_USER),
  }),
};

test('neither reads nor writes a cache in a folder that others can change', async (t) => {
  for (const [name, change] of Object.entries(FOREIGN)) {
    await t.test(name, async (t) => {
      const { folder, file, run } = await computer(t);
      await run();
      await writeFile(file, 'not compiled code');
      await change(folder);
      await run();
      assert.equal(await readFile(file, 'utf8'), 'not compiled code');
    });
  }
});

test('runs commands without a cache if there is no place for it', async (t) => {
  const { home, run } = await computer(t);
  await writeFile(join(home, 'file'), '');
  for (const XDG_CACHE_HOME of [join(home, 'file'), join(home, 'not/there')]) {
    await run(undefined, { XDG_CACHE_HOME });
  }
  assert.equal(await isThere(join(home, 'not')), false);
  // Nobody, not even root, can create a folder there.
  if (platform === 'linux') await run(undefined, { HOME: '/proc' });
  if (process.geteuid?.() !== 0) return;
  // As with sudo: root writes nothing into the home folder of another user.
  await mkdir(join(home, '.cache'));
  await chown(join(home, '.cache'), OTHER_USER, OTHER_USER);
  await run();
  assert.equal(await isThere(join(home, '.cache/edge-upload')), false);
});
