import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import picomatch from 'picomatch';
import { buildExecutable } from '../../scripts/package/executable.ts';
import { folderName, platformOf } from '../../scripts/package/platforms.ts';
import { buildProgram } from '../../scripts/package/program.ts';
import { type DeployedStack, PASSWORD, signIn, withCloud } from '../e2e/harness.ts';
import { type RunOptions, runProgram } from '../support/programs.ts';

const ROOT = join(import.meta.dirname, '../..');

/** The user in the Dockerfile. */
const NOBODY = '65532:65532';

/** Builds the program with the Node of this test, and returns its inputs. */
async function buildInto(folder: string): Promise<{ program: string; inputs: readonly string[] }> {
  const main = join(folder, 'uploader.cjs');
  const program = join(folder, 'edge-upload');
  const { outputs } = await buildProgram(main);
  await buildExecutable({ main, node: process.execPath, output: program });
  return { program, inputs: Object.values(outputs).flatMap((output) => Object.keys(output.inputs)) };
}

/** Copies a program and its libraries into a folder that becomes the root of its file system. */
async function fillRoot(root: string, program: string): Promise<void> {
  const { stdout } = await runProgram('ldd', [program]);
  const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path);
  assert.ok(libraries.length > 3, stdout);
  for (const path of libraries) {
    await mkdir(join(root, dirname(path)), { recursive: true });
    await copyFile(path, join(root, path));
  }
  await copyFile(program, join(root, 'edge-upload'));
}

/** The command with which this user can change the root of a program. Run by root, it also drops root's rights. */
function changeRoot(root: string): readonly string[] {
  if (process.geteuid?.() === 0) return ['chroot', `--userspec=${NOBODY}`, root, '/edge-upload'];
  const isAllowed = spawnSync('unshare', ['-r', 'true']).status === 0;
  return isAllowed ? ['unshare', '-r', 'chroot', root, '/edge-upload'] : [join(root, 'edge-upload')];
}

test('runs without Node', async (t) => {
  await withCloud(async (computer, cloud) => {
    const { url } = await computer.json<DeployedStack>(['deploy', '--local', '--yes']);
    await signIn(computer);
    const token = (await computer.run(['token'])).stdout.trim();
    const folder = join(computer.home, 'standalone');
    await mkdir(folder);
    const { program, inputs } = await buildInto(folder);
    const home = join(folder, 'home');
    await mkdir(home);
    // Without PATH, no Node can be found.
    const bare = { HOME: home, NODE_EXTRA_CA_CERTS: cloud.caFile };
    const run = (args: readonly string[], { env = {}, ...options }: RunOptions = {}) =>
      runProgram(program, args, { cwd: home, ...options, env: { ...bare, ...env } });

    await t.test('runs with its libraries alone, as a user without writable folders', async () => {
      const root = join(folder, 'root');
      await fillRoot(root, program);
      await copyFile(cloud.caFile, join(root, 'ca.pem'));
      const [command = '', ...args] = changeRoot(root);
      const input = 'from a container\n'.repeat(1000);
      const { code, stdout, stderr } = await runProgram(
        command,
        [...args, 'put', '-', '--as', 'container.txt', '--json'],
        {
          cwd: '/',
          input,
          env: {
            PATH: process.env.PATH,
            HOME: '/nonexistent',
            NODE_EXTRA_CA_CERTS: '/ca.pem',
            EDGE_UPLOAD_URL: url,
            EDGE_UPLOAD_TOKEN: token,
          },
        },
      );
      assert.equal(code, 0, stdout + stderr);
      const stored = await computer.run(['get', 'container.txt', '--as', '-']);
      assert.equal(stored.stdout, input);
      await rm(root, { recursive: true });
    });

    await t.test('signs in, and keeps the tokens in a file only its user can read', async () => {
      const { username } = await computer.json<{ username: string }>(['whoami']);
      const signedIn = await run(['login', url, '--username', username], {
        env: { EDGE_UPLOAD_PASSWORD: PASSWORD, AWS_ENDPOINT_URL: cloud.endpoint },
      });
      assert.equal(signedIn.code, 0, signedIn.stderr);
      assert.match(signedIn.stdout + signedIn.stderr, /no keyring is available/);
      await writeFile(join(home, 'image.jpg'), 'image');
      const put = await run(['put', 'image.jpg', '--json']);
      assert.equal(put.code, 0, put.stdout + put.stderr);
      assert.equal((await run(['logout'])).code, 0);
    });

    await t.test('includes the version and the completion scripts of the package', async () => {
      const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
        version: string;
      };
      assert.deepEqual(await run(['--version']), { code: 0, stdout: `${version}\n`, stderr: '' });
      for (const [shell, file] of [
        ['bash', 'edge-upload.bash'],
        ['zsh', '_edge-upload'],
        ['fish', 'edge-upload.fish'],
        ['powershell', 'edge-upload.ps1'],
      ] as const) {
        const script = await readFile(join(ROOT, 'dist/completions', file), 'utf8');
        assert.equal((await run(['completion', shell])).stdout.trimEnd(), script.trimEnd(), shell);
      }
    });

    await t.test('is its own helper for AWS credentials', async () => {
      const credentials = join(home, 'credentials');
      const lines = ['[ops]', 'aws_access_key_id = AKIAIOSFODNN7EXAMPLE', 'aws_secret_access_key = secret'];
      await writeFile(credentials, lines.join('\n'));
      const { code, stdout } = await run(['helper:credentials'], {
        input: JSON.stringify({ region: 'us-east-1', profile: 'ops' }),
        env: { AWS_SHARED_CREDENTIALS_FILE: credentials },
      });
      assert.equal(code, 0);
      assert.equal(JSON.parse(stdout).credentials.accessKeyId, 'AKIAIOSFODNN7EXAMPLE');
    });

    await t.test('contains neither operators’ commands nor their dependencies', async () => {
      const { code, stderr } = await run(['deploy', '--local']);
      assert.equal(code, 2);
      assert.match(stderr, /“deploy” is not part of the standalone program/);
      const foreign = inputs.filter((path) => /aws-cdk|^local\/|^page\/|^edge\/|^infra\/upload/.test(path));
      assert.deepEqual(foreign, []);
    });
  });
});

test('npm run package writes each file that the container file copies', async () => {
  const lines = (await readFile(join(ROOT, 'Dockerfile'), 'utf8')).split('\n');
  const [copied = '', ...others] = lines.flatMap((line) => /^COPY (?!--from)(\S+) /.exec(line)?.[1] ?? []);
  assert.deepEqual(others, []);
  for (const arch of ['x64', 'arm64']) {
    const { program } = platformOf(`linux-${arch}`);
    const written = `${folderName('1.2.3', `linux-${arch}`)}/${program}`;
    assert.ok(picomatch.isMatch(written, copied.replace(/\$\{ARCH\}/, arch)), written);
  }
  assert.ok(lines.includes(`USER ${NOBODY}`));
});
