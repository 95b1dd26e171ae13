import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { kill, pid as ownPid } from 'node:process';
import { omitUndefined } from '../../protocol/fields.ts';
import { command } from '../command-line.ts';
import { isUserError, systemCode, UserError } from '../errors.ts';
import { diskError } from './disk-errors.ts';
import { openOwn } from './own-files.ts';

/** The content of a lock file: who holds the lock. */
export interface LockHolder {
  /** Absent for a damaged file: there is no process to look up. */
  readonly identity?: ProcessIdentity;
  readonly nonce: string;
  /** Modification time of the file in milliseconds, which the holder renews as a sign of life. */
  readonly sign: number;
}

/** Maximum holders in a line. It grows by one for each that was killed before it released the lock. */
const MAX_LINE = 1_000;

/** Returns the file in which the successor of a dead holder writes its claim. */
export const successor = (lock: string, nonce: string) => `${lock}.${nonce}.next`;
/** Returns the own file of a process that wants the lock, which it links to the lock or to a successor's name. */
export const claimOf = (lock: string, nonce: string) => `${lock}.${nonce}.claim`;

/** Errors for a file that no longer exists: removed, being removed (Windows), or replaced on another computer (NFS). */
const GONE: ReadonlySet<string | undefined> = new Set(['ENOENT', 'EBUSY', 'ESTALE']);

/** Reads a lock file; `undefined` if there is none. */
export async function readHolder(name: string): Promise<LockHolder | undefined> {
  try {
    const { handle, stats } = await openOwn(name, constants.O_RDONLY, { linked: true });
    try {
      const identity = parseIdentity(await handle.readFile('utf8'));
      if (identity === undefined) return damaged(stats);
      return { identity, nonce: identity.nonce, sign: stats.mtimeMs };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (GONE.has(systemCode(error))) return undefined;
    if (!isUserError(error)) throw diskError(name, error);
    return readOdd(name, error);
  }
}

/** Treats another file in place of a lock (a link, a pipe) as a damaged one, which holds the lock until it has been silent for too long. */
async function readOdd(name: string, refusal: UserError): Promise<LockHolder | undefined> {
  try {
    const found = await lstat(name);
    if (found.isDirectory()) throw refusal;
    return damaged(found);
  } catch (error) {
    if (GONE.has(systemCode(error))) return undefined;
    throw diskError(name, error);
  }
}

function damaged({ ino, mtimeMs }: { readonly ino: number; readonly mtimeMs: number }): LockHolder {
  return { nonce: `damaged-${ino}-${Math.floor(mtimeMs)}`, sign: mtimeMs };
}

/**
 * Returns the holders of a lock, from the first to the last; none if the lock is free.
 * @throws {UserError} `settings` for a line without an end, which files restored from a copy can form
 */
export async function readLine(lock: string): Promise<LockHolder[]> {
  const line: LockHolder[] = [];
  const seen = new Set<string>();
  let held = await readHolder(lock);
  while (held !== undefined) {
    if (seen.has(held.nonce) || line.length === MAX_LINE) {
      throw new UserError('settings', `The lock ${lock} is damaged: it names too many processes.`, {
        hint: ['If no other edge-upload runs, delete it:', command`rm ${lock}*`],
      });
    }
    seen.add(held.nonce);
    line.push(held);
    held = await readHolder(successor(lock, held.nonce));
  }
  return line;
}

/** A process that holds a lock, or wants it. */
export interface ProcessIdentity {
  /** Never repeated. Two callers in one process have two. */
  readonly nonce: string;
  readonly pid: number;
  /** The scope of the process id: one boot and one set of processes, of which a container has its own. */
  readonly place: string;
  /** When the process started, as Linux counts; absent on other systems. */
  readonly started?: string;
}

/** `unsure`: a process with that id can be another one. */
export type Liveness = 'alive' | 'dead' | 'unsure';

/** Returns the kernel's record of a process; `undefined` if it has ended or is hidden, and on other systems than Linux. */
async function kernelRecord(pid: number): Promise<{ state: string; started: string } | undefined> {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/stat`, 'latin1');
  } catch {
    // There is no such process, or this is not Linux. The caller distinguishes them by kill().
    return undefined;
  }
  // "pid (name) state ppid …": the name can contain any character, so fields count from its last parenthesis.
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
    // Not Linux, or /proc is unreadable: process ids then refer to the whole computer.
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

/** Whether a process still runs. A new process with the same id is not mistaken for it. */
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

function parseIdentity(text: string): ProcessIdentity | undefined {
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
