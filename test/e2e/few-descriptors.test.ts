import assert from 'node:assert/strict';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { runProgram } from '../support/programs.ts';
import { CLI, signIn, withCloud } from './harness.ts';

const MIB = 1024 * 1024;

/** Slightly more than Node itself needs, and less than the number of files that are sent at once. */
const DESCRIPTORS = 42;

test('sends fewer files and parts at once if the process has few descriptors', {
  skip: process.platform === 'win32' && 'Windows has no limit of open files',
}, async () => {
  await withCloud(async (computer) => {
    const { home, env } = computer;
    await computer.json(['deploy', '--local']);
    await signIn(computer);
    const put = async (...args: readonly string[]) => {
      const limited = ['-c', `ulimit -n ${DESCRIPTORS}; exec "$@"`, 'sh', process.execPath, CLI, 'put'];
      return runProgram('sh', [...limited, ...args], { cwd: home, env });
    };
    await mkdir(join(home, 'many'));
    for (let file = 0; file < 100; file += 1) await writeFile(join(home, 'many', `${file}`), `${file}`);
    const many = await put('-r', 'many');
    assert.equal(many.code, 0, `${many.stdout}${many.stderr}`);
    assert.match(many.stdout, /^100 stored /m);
    for (const name of ['one', 'two', 'three']) {
      await writeFile(join(home, name), '');
      await truncate(join(home, name), 40 * MIB);
    }
    const large = await put('one', 'two', 'three', '--part-size', '5MiB');
    assert.equal(large.code, 0, `${large.stdout}${large.stderr}`);
    assert.match(large.stdout, /^3 stored /m);
  });
});
