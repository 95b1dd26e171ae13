import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { open, readFile, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { CLI, type Computer, signIn, withCloud } from './harness.ts';

const SIZE = 5 * 1000 ** 3;
const LIMIT_KIB = 250 * 1024;

async function reasonToSkip(): Promise<string | false> {
  if (!existsSync('/proc/self/status')) return 'peak memory is read from /proc, which is not here';
  const { bavail, bsize } = await statfs(tmpdir());
  return bavail * bsize < 3 * SIZE ? 'less than 15 GB free in the temporary folder' : false;
}

/** The most that a process ever had resident, in KiB; `undefined` once it is gone. */
async function peakResident(pid: number): Promise<number | undefined> {
  try {
    const peak = /VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
    return peak === undefined ? undefined : Number(peak);
  } catch {
    return undefined;
  }
}

/** Runs `put` and looks at its peak until it ends: the kernel forgets it with the process. */
async function putWatched({ home, env }: Computer, args: readonly string[]) {
  const child = spawn(process.execPath, [CLI, 'put', ...args, '--json'], {
    cwd: home,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  let peak = 0;
  for (let running = true; running; ) {
    const now = await peakResident(child.pid ?? 0);
    peak = Math.max(peak, now ?? 0);
    running = await Promise.race([ended.then(() => false), delay(50, true)]);
  }
  const [stdout, stderr, [code]] = await ended;
  return { code, stdout, stderr, peak };
}

test('5 GB go through the edge with both ends staying small', { skip: await reasonToSkip() }, async (t) => {
  await withCloud(async (computer, { pid }) => {
    await computer.json(['deploy', '--local']);
    await signIn(computer);
    const whole = 1024 ** 3;
    for (const [mode, size] of [
      ['auto', SIZE],
      ['never', whole],
    ] as const) {
      await t.test(`${size} bytes with --multipart ${mode}`, async () => {
        const file = await open(join(computer.home, 'sparse.bin'), 'w');
        await file.truncate(size);
        await file.close();
        const put = await putWatched(computer, ['sparse.bin', '--multipart', mode]);
        assert.equal(put.code, 0, put.stderr);
        const [stored] = put.stdout.split('\n').map((line) => line && JSON.parse(line));
        assert.equal(stored.bytes, size);
        assert.equal(stored.parts > 1, mode === 'auto');
        assert.ok(put.peak > 0 && put.peak < LIMIT_KIB, `the command line had ${put.peak} KiB`);
        const cloud = await peakResident(pid);
        assert.ok(cloud !== undefined && cloud < LIMIT_KIB, `the embedded cloud had ${cloud} KiB`);
        t.diagnostic(`${mode}: command line ${put.peak} KiB, embedded cloud ${cloud} KiB`);
      });
    }
  });
});
