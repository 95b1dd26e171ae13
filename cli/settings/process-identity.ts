import { randomBytes } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { kill, pid as ownPid } from 'node:process';
import { omitUndefined } from '../../protocol/fields.ts';
import { systemCode } from '../errors.ts';

/** A process that holds a lock, or wants it. */
export interface ProcessIdentity {
  /** Unique for ever. Two callers in one process have two. */
  readonly nonce: string;
  readonly pid: number;
  /** The scope of the process id: one boot and one set of processes, of which a container has its own. */
  readonly place: string;
  /** When the process started, as Linux counts; absent on other systems. */
  readonly started?: string;
}

/** `unsure`: a process with that id can be another one. */
export type Liveness = 'alive' | 'dead' | 'unsure';

/** Returns the kernel's record of a process; `undefined` if it is gone or hidden, and on other systems than Linux. */
async function kernelRecord(pid: number): Promise<{ state: string; started: string } | undefined> {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/stat`, 'latin1');
  } catch {
    // There is no such process, or this is not Linux. The caller distinguishes them by kill().
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
    // Not Linux, or /proc is closed: process ids then count for the whole computer.
    return hostname();
  }
}

/** Returns the identity of this process, with a new nonce. */
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

/** Returns whether a process still runs. A new process with the same id is not mistaken for it. */
export async function liveness(identity: ProcessIdentity, own: ProcessIdentity): Promise<Liveness> {
  if (identity.place !== own.place) return 'unsure';
  if (!exists(identity.pid)) return 'dead';
  if (identity.started === undefined) return 'unsure';
  const record = await kernelRecord(identity.pid);
  if (record === undefined) return exists(identity.pid) ? 'unsure' : 'dead';
  // A zombie has ended; its parent has not read its exit code yet.
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
    // Cut short by a power cut, or another file.
    return undefined;
  }
}
