import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ownFolder } from '../cli/transfer/helpers/uploading.ts';
import { runProgram } from '../support/programs.ts';
import { CLI, computerAt, signIn } from './harness.ts';

const MIB = 1024 * 1024;

/** In units of 512 or 1,024 bytes, by the shell: larger than all files of a cloud but objects. */
const LIMIT = 6 * 1024;

test('refuses an upload that the embedded cloud has no space for at once, and stores the next', {
  skip: process.platform === 'win32' && 'Windows has no limit of file sizes',
}, async (t) => {
  const home = await ownFolder(t);
  const computer = computerAt(home);
  t.after(() => computer.run(['local', 'stop']));
  const limited = ['-c', `ulimit -f ${LIMIT}; exec "$@"`, 'sh', process.execPath, CLI];
  const started = await runProgram('sh', [...limited, 'local', 'start', '--port', '0'], {
    cwd: home,
    env: computer.env,
  });
  assert.equal(started.code, 0, started.stderr);
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
});
