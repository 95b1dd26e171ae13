import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runProgram } from '../support/programs.ts';
import { CLI, type Computer, computerAt, signIn } from './harness.ts';

const MIB = 1024 * 1024;

/** In units of 512 or 1,024 bytes, depending on the shell. Larger than all files of a cloud except objects. */
const LIMIT = 6 * 1024;
/** Smaller than the file of a pool with a few users. */
const SMALL_LIMIT = 2;
/** Smaller than a private key, and larger than a lock. */
const SMALLEST_LIMIT = 1;
/** More users than fit into such a file. */
const USERS = 20;

/** Starts the embedded cloud of a computer with a limit on the size of its files. */
function tryLimited({ home, env }: Computer, limit: number, ...args: string[]) {
  const limited = ['-c', `ulimit -f ${limit}; exec "$@"`, 'sh', process.execPath, CLI];
  return runProgram('sh', [...limited, 'local', 'start', ...args], { cwd: home, env });
}

async function startLimited(computer: Computer, limit: number, ...args: string[]): Promise<void> {
  const started = await tryLimited(computer, limit, ...args);
  assert.equal(started.code, 0, started.stderr);
}

test('refuses an upload that the embedded cloud has no space for at once, and stores the next', {
  skip: process.platform === 'win32' && 'Windows has no limit of file sizes',
}, async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'edge-upload-full-'));
  const computer = computerAt(home);
  t.after(async () => {
    await computer.run(['local', 'stop']);
    await rm(home, { recursive: true });
  });
  await startLimited(computer, LIMIT, '--port', '0');
  await computer.json(['deploy', '--local']);
  await signIn(computer);
  await writeFile(join(home, 'large'), randomBytes(16 * MIB));
  await writeFile(join(home, 'small'), 'small');
  for (const multipart of ['never', 'always']) {
    const { code, stderr } = await computer.run(['put', 'large', '--multipart', multipart]);
    assert.equal(code, 6, stderr);
    assert.match(stderr, /InsufficientStorage.*The disk of the embedded cloud is full/s);
    assert.doesNotMatch(stderr, /given up after/);
    assert.equal((await computer.run(['put', 'small'])).code, 0);
  }
  const { objects } = await computer.json<{ objects: { key: string }[] }>(['ls']);
  assert.deepEqual(
    objects.map(({ key }) => key),
    ['small'],
  );
  await computer.run(['local', 'stop']);
  await startLimited(computer, SMALL_LIMIT);
  let refused = await computer.run(['user', 'list']);
  for (let user = 0; user < USERS && refused.code === 0; user += 1) {
    refused = await computer.run(['user', 'add', `user${user}`, '--email', `user${user}@example.com`]);
  }
  assert.equal(refused.code, 8, refused.stderr);
  assert.match(refused.stderr, /^error: Adding the user .* failed: The disk of the embedded cloud is full/);
  const parts = (await readdir(home, { recursive: true })).filter((name) => name.endsWith('.tmp'));
  assert.deepEqual(parts, [], 'files that could not be written are deleted');
  const status = await computer.run(['local', 'status']);
  assert.equal(status.code, 0, status.stderr);
});

test('does not suggest to delete the data of an embedded cloud that cannot start on a full disk', {
  skip: process.platform === 'win32' && 'Windows has no limit of file sizes',
}, async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'edge-upload-full-'));
  t.after(() => rm(home, { recursive: true }));
  const { code, stderr } = await tryLimited(computerAt(home), SMALLEST_LIMIT, '--port', '0');
  assert.equal(code, 1, stderr);
  assert.match(stderr, /cannot be used: the file is larger than its file system .* allows\.\n {2}Check/);
  assert.doesNotMatch(stderr, /local reset/);
});
