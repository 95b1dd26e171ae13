import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Ran, RunOptions } from './programs.ts';

/** Returns the peak resident size of a process in bytes; `undefined` after its end, and without `/proc`. */
export async function peakResident(pid: number): Promise<number | undefined> {
  try {
    const peak = /VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
    return peak === undefined ? undefined : Number(peak) * 1024;
  } catch {
    return undefined;
  }
}

const LOOK_MS = 50;

/** Runs a program, and reads its peak memory until it ends, because the kernel drops the value with the process. */
export async function peakOf(
  program: string,
  args: readonly string[],
  { env, cwd }: Pick<RunOptions, 'env' | 'cwd'>,
): Promise<Ran & { readonly peakBytes: number }> {
  const child = spawn(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  let peakBytes = 0;
  for (let running = true; running; ) {
    peakBytes = Math.max(peakBytes, (await peakResident(child.pid ?? 0)) ?? 0);
    running = await Promise.race([ended.then(() => false), delay(LOOK_MS, true)]);
  }
  const [stdout, stderr, [code]] = await ended;
  return { code: code as number | null, stdout, stderr, peakBytes };
}
