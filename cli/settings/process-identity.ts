import { randomBytes } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { kill, pid as ownPid } from 'node:process';
import { omitUndefined } from '../../protocol/omit-undefined.ts';
import { systemCode } from '../errors.ts';

/** One holder, or would-be holder, of a lock. */
export interface ProcessIdentity {
  /** Unlike any other's, ever; two callers in one process have two. */
  readonly nonce: string;
  readonly pid: number;
  /** Where that process id means something: the same boot and the same set of processes (a container has its own). */
  readonly place: string;
  /** When the process started, in the kernel's own words; absent where that cannot be had without a native module. */
  readonly started?: string;
}

/** `unsure`: a process with that id may or may not be the one that is meant. */
export type Liveness = 'alive' | 'dead' | 'unsure';

/** What Linux knows of a process; `undefined` elsewhere, and where the process is gone or hidden. */
async function kernelRecord(pid: number): Promise<{ state: string; started: string } | undefined> {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/stat`, 'latin1');
  } catch {
    // No such process, or no Linux: kill() below tells the first, and the second leaves the heartbeat.
    return undefined;
  }
  // "pid (name) state ppid …": the name may hold anything, so fields count from its last parenthesis.
  // The start time is field 22: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, started] = [fields[0], fields[19]];
  return state === undefined || started === undefined ? undefined : { state, started };
}

async function ownPlace(): Promise<string> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'latin1');
    return `${boot.trim()} ${await readlink('/proc/self/ns/pid')}`;
  } catch {
    // Not Linux, or /proc is closed: process ids are then taken to be those of the whole computer.
    return hostname();
  }
}

/** This process, under a fresh nonce. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  const [place, record] = await Promise.all([ownPlace(), kernelRecord(ownPid)]);
  const nonce = randomBytes(12).toString('hex');
  return { nonce, pid: ownPid, place, ...omitUndefined({ started: record?.started }) };
}

function exists(pid: number): boolean {
  try {
    kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}

/** Whether the process that is meant still runs; a process id that was given out anew does not deceive. */
export async function liveness(identity: ProcessIdentity, own: ProcessIdentity): Promise<Liveness> {
  if (identity.place !== own.place) return 'unsure';
  if (!exists(identity.pid)) return 'dead';
  if (identity.started === undefined) return 'unsure';
  const record = await kernelRecord(identity.pid);
  if (record === undefined) return exists(identity.pid) ? 'unsure' : 'dead';
  // A zombie has ended; only its parent has not taken notice yet.
  if (record.state === 'Z' || record.state === 'X') return 'dead';
  return record.started === identity.started ? 'alive' : 'dead';
}

/** Zero and negative numbers mean groups of processes. */
function isProcessId(pid: unknown): boolean {
  return Number.isInteger(pid) && Number(pid) > 0 && Number(pid) < 2 ** 31;
}

export function parseIdentity(text: string): ProcessIdentity | undefined {
  try {
    const { nonce, pid, place, started } = JSON.parse(text) as Partial<
      Record<keyof ProcessIdentity, unknown>
    >;
    const sound =
      typeof nonce === 'string' &&
      /^[0-9a-f]{24}$/.test(nonce) &&
      isProcessId(pid) &&
      typeof place === 'string';
    if (!sound) return undefined;
    return { nonce, pid: Number(pid), place, ...(typeof started === 'string' ? { started } : {}) };
  } catch {
    // Cut short by a power cut, or not ours.
    return undefined;
  }
}
