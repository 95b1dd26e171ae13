import { randomBytes } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { kill, pid as ownPid } from 'node:process';
import { omitUndefined } from '../../protocol/fields.ts';
import { systemCode } from '../errors.ts';

/** A process that holds a lock. */
export interface Holder {
  /** Never repeated. Two callers in one process have two. */
  readonly nonce: string;
  readonly pid: number;
  /** The scope of the process id: one boot and one set of processes, of which a container has its own. */
  readonly place: string;
  /** When the process started, as Linux counts; absent on other systems. */
  readonly started?: string;
}

/** Returns when a process started, as Linux counts. Returns `undefined` if there is none, and on other systems. */
async function startOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  // "pid (name) state ppid …": the name can contain any character, so fields count from its last parenthesis.
  // The start time is field 22: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
  const [state = '', ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // A zombie has ended; its parent has not read its exit code yet.
  return /[ZX]/.test(state) ? 'ended' : fields[18];
}

async function thisPlace(): Promise<string> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'latin1');
    return `${boot.trim()} ${await readlink('/proc/self/ns/pid')}`;
  } catch {
    // Not Linux, or /proc is unreadable: process ids then refer to the whole computer.
    return hostname();
  }
}

/** Returns the identity of this process, with a new nonce. */
export async function thisProcess(): Promise<Holder> {
  const [place, started] = await Promise.all([thisPlace(), startOf(ownPid)]);
  const nonce = randomBytes(12).toString('hex');
  return { nonce, pid: ownPid, place, ...omitUndefined({ started }) };
}

/** Whether the holder of a lock still runs. `unsure`: a process with its id can be another one. */
export async function liveness(
  { pid, place, started }: Partial<Holder>,
  own: Holder,
): Promise<'alive' | 'dead' | 'unsure'> {
  if (pid === undefined || place !== own.place) return 'unsure';
  const found = await startOf(pid);
  if (started !== undefined && found !== undefined) return found === started ? 'alive' : 'dead';
  try {
    kill(pid, 0);
    return 'unsure';
  } catch (error) {
    return systemCode(error) === 'ESRCH' ? 'dead' : 'unsure';
  }
}
