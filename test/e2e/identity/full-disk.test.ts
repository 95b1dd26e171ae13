import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { type Ran, runProgram } from '../../support/programs.ts';
import { CLI, type Computer, PASSWORD, signIn, withCloud } from '../harness.ts';

const noLimits = process.platform === 'win32' && 'Windows has no limit of file sizes';

/** Runs a command that cannot write a byte to any file, as on a full disk. Folders and empty files can be created. */
function onFullDisk({ home, env }: Computer, args: readonly string[], input = ''): Promise<Ran> {
  const limited = ['-c', 'ulimit -f 0; exec "$@"', 'sh', process.execPath, CLI, ...args];
  return runProgram('sh', limited, { cwd: home, env, input });
}

/** Returns the files of settings and sign-ins with their content, including temporary files and locks. */
async function ownFiles({ home }: Computer): Promise<Readonly<Record<string, string>>> {
  const files: Record<string, string> = {};
  for (const folder of ['.config/edge-upload', '.local/state/edge-upload']) {
    for (const entry of await readdir(join(home, folder), { recursive: true, withFileTypes: true })) {
      if (entry.isDirectory()) continue;
      const path = join(entry.parentPath ?? entry.path, entry.name);
      files[path] = await readFile(path, 'utf8');
    }
  }
  return files;
}

const tokenFiles = (files: Readonly<Record<string, string>>) =>
  Object.keys(files).filter((path) => path.includes('/tokens/'));

/** Makes the stored access token expire on this computer. */
async function expire(computer: Computer): Promise<void> {
  const [file = ''] = tokenFiles(await ownFiles(computer));
  const past = { issuedAt: '2020-01-01T00:00:00.000Z', expiresAt: '2020-01-01T01:00:00.000Z' };
  const stored = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, JSON.stringify({ ...stored, ...past }), { mode: 0o600 });
}

test('renews and revokes tokens on a full disk, and refuses a sign-in before it changes a password', {
  skip: noLimits,
}, async (t) => {
  await withCloud(async (computer) => {
    await computer.json(['deploy', '--local']);
    await writeFile(join(computer.home, 'a.txt'), 'hello');

    await t.test('refuses a first sign-in while the temporary password is still valid', async () => {
      const { temporaryPassword } = await computer.json<{ temporaryPassword: string }>([
        'user',
        'add',
        'eve',
      ]);
      const login = ['login', '--username', 'eve', '--password-stdin', '--new-password-stdin'];
      const input = `${temporaryPassword}\n${PASSWORD}\n`;
      const before = await ownFiles(computer).catch(() => ({}));
      const refused = await onFullDisk(computer, login, input);
      assert.deepEqual([refused.code, refused.stdout], [1, '']);
      assert.match(refused.stderr, /^error: \S*edge-upload\S* cannot be used: .*larger than.*\.\n/);
      assert.deepEqual(await ownFiles(computer).catch(() => ({})), before, 'nothing half-written is left');
      const done = await computer.run(login, { input });
      assert.equal(done.code, 0, done.stderr);
      assert.equal((await computer.run(['logout'])).code, 0);
    });

    await t.test('uploads with an expired token, and warns', async () => {
      await signIn(computer);
      await expire(computer);
      const before = await ownFiles(computer);
      const { code, stdout, stderr } = await onFullDisk(computer, ['put', 'a.txt']);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^Stored a\.txt/);
      assert.match(stderr, /^warning: The renewed tokens cannot be stored; only this command uses them\./);
      assert.deepEqual(await ownFiles(computer), before, 'nothing half-written is left');
    });

    await t.test('signs out: revokes the sign-in and deletes its tokens', async () => {
      await signIn(computer, 'bea@example.com');
      assert.equal(tokenFiles(await ownFiles(computer)).length, 2);
      const { code, stdout, stderr } = await onFullDisk(computer, ['logout', '--json']);
      assert.equal(code, 0, stderr);
      assert.equal(JSON.parse(stdout).revoked, true);
      const left = tokenFiles(await ownFiles(computer));
      assert.equal(left.length, 1, 'the sign-in before that one');
    });
  });
});

/** Runs a command whose output nobody reads: its standard output is a pipe that is closed at the other end. */
async function unread({ home, env }: Computer, args: readonly string[]): Promise<Omit<Ran, 'stdout'>> {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: home,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  return { code, stderr };
}

test('names a link, key or password that was created but could not be printed', async () => {
  await withCloud(async (computer) => {
    await computer.json(['deploy', '--local']);
    await computer.json(['user', 'add', 'bea']);
    const created: readonly [args: readonly string[], warning: RegExp][] = [
      [['link', 'create', '--yes'], /^warning: The link (\S+) was created, but .*\n.*link revoke \1$/m],
      [
        ['key', 'create', 'cam', '--write-to', 'cam/', '--yes', '--json'],
        /^warning: The key (\S+) was created, but .*\n.*key revoke \1$/m,
      ],
      [['user', 'add', 'eve'], /^warning: The temporary password of eve .*\n.*user reset eve$/m],
      [['user', 'reset', 'bea', '--json'], /^warning: The temporary password of bea .*\n.*user reset bea$/m],
    ];
    for (const [args, warning] of created) {
      const { code, stderr } = await unread(computer, args);
      assert.equal(code, 1, `${args.join(' ')}: ${stderr}`);
      assert.match(stderr, warning);
    }
  });
});
