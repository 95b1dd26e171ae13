import { randomBytes } from 'node:crypto';
import { lstat, lutimes, open, readFile, readlink, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { kill, pid as ownPid, platform } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { omitUndefined } from '../../protocol/fields.ts';
import { interrupted, isUserError, systemCode, UserError } from '../errors.ts';
import { diskError } from './disk-errors.ts';
import { createFolder, readIfThere, safeFolder } from './own-files.ts';

export interface LockOptions {
  /** Longest wait for another holder, milliseconds; default 60,000. `silentMs` is added for a holder that can be dead. */
  readonly waitMs?: number;
  /** Milliseconds between two checks of a waiter; default 25. */
  readonly pollMs?: number;
  /** Milliseconds between a holder's signs of life; default 1,000. */
  readonly beatMs?: number;
  /** Milliseconds without a sign of life after which a holder that cannot be looked up counts as dead; default 10,000. */
  readonly silentMs?: number;
  readonly signal?: AbortSignal;
  /** Run the work without the lock if it cannot be taken: the disk is full or read-only, or no descriptor is left. */
  readonly orWithout?: boolean;
}

/** A process that holds a lock. */
interface Holder {
  /** Never repeated. Two callers in one process have two. */
  readonly nonce: string;
  readonly pid: number;
  /** The scope of the process id: one boot and one set of processes, of which a container has its own. */
  readonly place: string;
  /** When the process started, as Linux counts; absent on other systems. */
  readonly started?: string;
}

/** A lock file. A damaged one names no process. */
interface Lock extends Partial<Holder> {
  readonly nonce: string;
  /** Modification time in milliseconds, which the holder renews as a sign of life. */
  readonly sign: number;
}

/** Runs work while no other process runs work under the lock of the same path. A killed holder does not block others. */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const lock = `${path}.lock`;
  const own = await thisProcess();
  try {
    await createFolder(dirname(lock));
    await safeFolder(dirname(lock));
    await acquire(lock, own, options);
  } catch (error) {
    const failure = diskError(dirname(lock), error);
    if (options.orWithout && failure.code === 'disk') return await work();
    throw failure;
  }
  const heart = setInterval(() => {
    const now = new Date();
    // If the folder was removed, so was the lock. The work fails when it writes next.
    lutimes(lock, now, now).catch(() => {});
  }, options.beatMs ?? 1_000).unref();
  try {
    return await work();
  } finally {
    clearInterval(heart);
    await release(lock, own);
  }
}

async function acquire(lock: string, own: Holder, options: LockOptions): Promise<void> {
  const { waitMs = 60_000, pollMs = 25, silentMs = 10_000, signal } = options;
  const watched = new Map<string, { readonly sign: number; readonly silence: number }>();
  // Time is counted in checks: while the computer sleeps, the holder cannot show signs of life.
  const isSilent = ({ nonce, sign }: Lock) => {
    const last = watched.get(nonce);
    const silence = last?.sign === sign ? last.silence + pollMs : 0;
    watched.set(nonce, { sign, silence });
    return silence >= silentMs;
  };
  for (let waited = 0; ; waited += pollMs) {
    if (signal?.aborted) throw interrupted();
    const held = await take(lock, own, isSilent);
    if (held === 'taken') return;
    // A shorter wait than the silence would never end the lock of a dead holder.
    if (waited >= waitMs + (held.isUnsure ? silentMs : 0)) throw stillHeld(lock, held.pid, waitMs);
    await delay(pollMs, undefined, signal ? { signal } : {}).catch(() => {
      throw interrupted();
    });
  }
}

/** A lock that was not taken. `isUnsure`: its holder cannot be looked up, and counts as dead once it is silent. */
interface Held {
  readonly pid?: number | undefined;
  readonly isUnsure?: boolean;
}

/**
 * Takes a lock that is free, or whose holder is dead. The file of a dead holder is replaced under a lock of its own, named
 * after that holder. Otherwise, of two waiters that find it, the second could replace the file of the first.
 */
async function take(lock: string, own: Holder, isSilent: (found: Lock) => boolean): Promise<'taken' | Held> {
  if (await create(lock, own)) return 'taken';
  const found = await readLock(lock);
  if (found === undefined) return {};
  const { nonce, pid } = found;
  const silent = isSilent(found);
  const state = await liveness(found, own);
  const isUnsure = state === 'unsure';
  if (state === 'alive' || (isUnsure && !silent)) return { pid, isUnsure };
  const successor = `${lock}.${nonce}`;
  const succeeded = await take(successor, own, isSilent);
  if (succeeded !== 'taken') return succeeded;
  const isSame = await isHeldBy(nonce, lock);
  await whileBusy(() => (isSame ? rename(successor, lock) : rm(successor, { force: true })));
  return isSame ? 'taken' : {};
}

/** Creates a lock file; returns false if there is one. */
async function create(lock: string, own: Holder): Promise<boolean> {
  const file = await whileBusy(() => open(lock, 'wx', 0o600)).catch((error: unknown) => {
    if (systemCode(error) !== 'EEXIST') throw error;
  });
  if (file === undefined) return false;
  try {
    await file.writeFile(JSON.stringify(own));
    // False if this process was suspended for so long that another one replaced the empty file.
    return await isHeldBy(own.nonce, lock);
  } catch (error) {
    await rm(lock, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** Repeats a change of a file that Windows refuses for a moment, while another process reads or removes the file. */
async function whileBusy<T>(change: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await change();
    } catch (error) {
      const isBusy = platform === 'win32' && ['EPERM', 'EACCES', 'EBUSY'].includes(systemCode(error) ?? '');
      if (!isBusy || tries === 20) throw error;
      await delay(10);
    }
  }
}

/** Removes the lock, unless this process was silent for so long that another one took it. */
async function release(lock: string, own: Holder): Promise<void> {
  try {
    const isOurs = await isHeldBy(own.nonce, lock).catch((error: unknown) => {
      // Without a free descriptor, the file cannot be read.
      if (['EMFILE', 'ENFILE'].includes(systemCode(error) ?? '')) return true;
      throw error;
    });
    if (isOurs) await rm(lock, { force: true });
  } catch (error) {
    throw diskError(lock, error);
  }
}

const isHeldBy = async (nonce: string, lock: string) => (await readLock(lock))?.nonce === nonce;

/** Errors for a file that no longer exists: removed, being removed (Windows), or replaced on another computer (NFS). */
const GONE: ReadonlySet<string | undefined> = new Set(['ENOENT', 'EBUSY', 'ESTALE']);

/** Reads a lock file; `undefined` if there is none. Anything but a folder in its place, such as a link, counts as damaged. */
async function readLock(lock: string): Promise<Lock | undefined> {
  try {
    const stats = await lstat(lock);
    const text = await readIfThere(lock).catch((error: unknown) => {
      if (!isUserError(error) || error.code !== 'settings' || stats.isDirectory()) throw error;
      return '';
    });
    const { ino, mtimeMs: sign } = stats;
    return { nonce: `damaged-${ino}-${Math.floor(sign)}`, sign, ...holderIn(text) };
  } catch (error) {
    if (GONE.has(systemCode(error))) return undefined;
    throw error;
  }
}

function holderIn(text = ''): Holder | undefined {
  try {
    const { nonce, pid, place, started } = JSON.parse(text) as Partial<Record<keyof Holder, unknown>>;
    // Zero and negative numbers mean groups of processes.
    const isProcessId = Number.isInteger(pid) && Number(pid) > 0 && Number(pid) < 2 ** 31;
    if (!/^[0-9a-f]{24}$/.test(String(nonce)) || !isProcessId || typeof place !== 'string') return undefined;
    const identity = { nonce: String(nonce), pid: Number(pid), place };
    return typeof started === 'string' ? { ...identity, started } : identity;
  } catch {
    // Cut short by a power cut, or another file.
    return undefined;
  }
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
async function liveness({ pid, place, started }: Lock, own: Holder): Promise<'alive' | 'dead' | 'unsure'> {
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

function stillHeld(lock: string, pid: number | undefined, waitMs: number): UserError {
  const who = pid === undefined ? 'Another process' : `Another edge-upload (process ${pid})`;
  return new UserError('busy', `${who} has held ${lock} for more than ${waitMs / 1000} s.`, {
    hint: 'Wait until it ends, or end it. Then run the same command again.',
  });
}
