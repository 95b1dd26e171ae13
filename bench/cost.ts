import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { platform } from 'node:process';
import { text } from 'node:stream/consumers';
import { peakResident } from '../test/support/peak-memory.ts';
import type { Reading } from './figures.ts';

/** A program with its arguments and environment. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Milliseconds between two readings of a child's peak memory, which the kernel drops when the process ends. */
const LOOK_MS = 20;

/** Clock ticks of `/proc` per second, on every Linux. */
const TICKS = 100;

/**
 * Runs a command and returns its wall time, its processor time including its children's, and its peak memory. The last
 * two are measured on Linux only. Processor time is a multiple of 10 ms; its mean over many rounds is more precise.
 * @throws {Error} with the output of a command that fails
 */
export async function costOf({ program, args, env }: Command, cwd: string): Promise<Reading> {
  const before = ticks('self', 'children');
  const began = performance.now();
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let memory: number | undefined;
  const look = async () => {
    memory = Math.max(memory ?? 0, (await peakResident(child.pid ?? 0)) ?? 0) || undefined;
  };
  const looking = setInterval(() => void look(), LOOK_MS);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  const wall = (performance.now() - began) / 1000;
  clearInterval(looking);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} exited with ${code}:\n${stdout}${stderr}`);
  if (platform !== 'linux') return { wall };
  const processor = (ticks('self', 'children') - before) / TICKS;
  return { wall, processor, ...(memory !== undefined && { memory }) };
}

/** Returns the processor time of a running process in seconds; `undefined` without `/proc`. */
export function processorSeconds(pid: number): number | undefined {
  return platform === 'linux' ? ticks(pid, 'own') / TICKS : undefined;
}

/** Returns fields 14 and 15, or 16 and 17: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function ticks(pid: number | 'self', whose: 'own' | 'children'): number {
  if (platform !== 'linux') return 0;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field, a name, can contain spaces. The third field follows its closing parenthesis.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const first = whose === 'own' ? 11 : 13;
  return Number(fields[first]) + Number(fields[first + 1]);
}
