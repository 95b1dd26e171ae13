import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { open, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CLI, signIn, withCloudProcess } from '../e2e/harness.ts';
import { peakOf, peakResident } from '../support/peak-memory.ts';

const MIB = 1024 ** 2;
/** More bytes than 32 bits can count. */
const SIZE = 4 * 1024 * MIB + 1;
const LIMIT = 250 * MIB;

async function reasonToSkip(): Promise<string | false> {
  if (!existsSync('/proc/self/status')) return 'peak memory is read from /proc, which is not here';
  const { bavail, bsize } = await statfs(tmpdir());
  return bavail * bsize < 3 * SIZE ? 'less than 13 GB free in the temporary folder' : false;
}

test('sends more than 4 GiB through the edge with little memory at both ends', {
  skip: await reasonToSkip(),
}, async (t) => {
  await withCloudProcess(async (computer, { pid }) => {
    await computer.json(['deploy', '--local']);
    await signIn(computer);
    const whole = 2 * LIMIT;
    for (const [mode, size] of [
      ['auto', SIZE],
      ['never', whole],
    ] as const) {
      await t.test(`${size} bytes with --multipart ${mode}`, async () => {
        const file = await open(join(computer.home, 'sparse.bin'), 'w');
        await file.truncate(size);
        await file.close();
        const args = [CLI, 'put', 'sparse.bin', '--multipart', mode, '--json'];
        const put = await peakOf(process.execPath, args, { env: computer.env, cwd: computer.home });
        assert.equal(put.code, 0, put.stderr);
        const [stored] = put.stdout.split('\n').map((line) => line && JSON.parse(line));
        assert.equal(stored.bytes, size);
        assert.equal(stored.parts > 1, mode === 'auto');
        assert.ok(put.peakBytes > 0 && put.peakBytes < LIMIT, `the command line had ${put.peakBytes} bytes`);
        const cloud = await peakResident(pid);
        assert.ok(cloud !== undefined && cloud < LIMIT, `the embedded cloud had ${cloud} bytes`);
        t.diagnostic(`${mode}: command line ${put.peakBytes} bytes, embedded cloud ${cloud} bytes`);
      });
    }
  });
});
