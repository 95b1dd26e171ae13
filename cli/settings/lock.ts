import { constants } from 'node:fs';
import { copyFile, link, lstat, lutimes, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { interrupted, isUserError, systemCode, UserError } from '../errors.ts';
import { diskError, isDiskCode } from './disk-errors.ts';
import {
  claimOf,
  type LockHolder,
  liveness,
  ownIdentity,
  type ProcessIdentity,
  readHolder,
  readLine,
  successor,
} from './lock-holders.ts';
import { createFolder, safeFolder } from './own-files.ts';

export interface LockOptions {
  /**
   * Longest wait for another holder, milliseconds; default 60,000. `silentMs` is added for a holder that can be dead, such
   * as one from before a restart of the computer.
   */
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

/*
 * The lock is the file `<path>.lock`, a hard link to its holder's own claim, so that it appears with its whole content or
 * not at all. A dead holder's lock is never removed to take it: two waiters could do that at once, and the second would
 * remove the lock of the first. A waiter succeeds the dead holder instead, by a link named after the holder's nonce. A nonce
 * is never used twice, so only one waiter can create that link. The last in the line of succession holds the lock. Its
 * release removes the lock first, then the line.
 */

/** Runs work while no other process runs work under the lock of the same path. A killed holder does not block others. */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const { waitMs = 60_000, pollMs = 25, beatMs = 1_000, silentMs = 10_000, signal, orWithout } = options;
  const lock = `${path}.lock`;
  const own = await ownIdentity();
  const claim = claimOf(lock, own.nonce);
  try {
    let acquired: Acquired;
    try {
      await writeClaim(claim, own);
      acquired = await acquire(lock, own, { waitMs, pollMs, silentMs, ...(signal ? { signal } : {}) });
    } catch (error) {
      if (orWithout && isUserError(error) && error.code === 'disk') return await work();
      throw error;
    }
    const { line, place } = acquired;
    const heart = setInterval(() => beat(place), beatMs).unref();
    try {
      if (line.length === 0) await sweep(lock, own).catch(leaveToLaterHolder);
      return await work();
    } finally {
      clearInterval(heart);
      await release(lock, own, line);
    }
  } finally {
    // If the lock cannot be removed, the next holder removes it. An error of the work is reported instead.
    await rm(claim, { force: true }).catch(() => {});
  }
}

async function writeClaim(claim: string, own: ProcessIdentity): Promise<void> {
  try {
    await createFolder(dirname(claim));
    await safeFolder(dirname(claim));
    await writeFile(claim, JSON.stringify(own), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    throw diskError(dirname(claim), error);
  }
}

type Waiting = Required<Pick<LockOptions, 'waitMs' | 'pollMs' | 'silentMs'>> & Pick<LockOptions, 'signal'>;

interface Acquired {
  /** The file with which this process claims the lock. */
  readonly place: string;
  /** Nonces of the dead holders before it, first to last. */
  readonly line: readonly string[];
}

async function acquire(lock: string, own: ProcessIdentity, waiting: Waiting): Promise<Acquired> {
  const { waitMs, pollMs, silentMs, signal } = waiting;
  let watched: LockHolder | undefined;
  let silence = 0;
  for (let waited = 0; ; waited += pollMs) {
    if (signal?.aborted) throw interrupted();
    if (await put(lock, own, lock)) return { place: lock, line: [] };
    const line = await readLine(lock);
    const last = line.at(-1);
    let patience = waitMs;
    if (last !== undefined) {
      // Time is counted in checks: while the computer sleeps, the holder cannot show signs of life.
      silence = watched?.nonce === last.nonce && watched.sign === last.sign ? silence + pollMs : 0;
      watched = last;
      const state = last.identity === undefined ? 'unsure' : await liveness(last.identity, own);
      const dead = state === 'dead' || (state === 'unsure' && silence >= silentMs);
      if (dead && (await succeed(lock, own, line))) {
        return { place: successor(lock, last.nonce), line: line.map(({ nonce }) => nonce) };
      }
      // A shorter wait than the silence would never end the lock of a dead holder.
      if (state === 'unsure') patience += silentMs;
    }
    if (waited >= patience) throw stillHeld(lock, last, waitMs);
    await delay(pollMs, undefined, signal ? { signal } : {}).catch(() => {
      throw interrupted();
    });
  }
}

/** Succeeds the last holder in line, unless another waiter did or the line was removed. */
async function succeed(lock: string, own: ProcessIdentity, line: readonly LockHolder[]): Promise<boolean> {
  const [first, last] = [line[0], line.at(-1)];
  if (first === undefined || last === undefined) return false;
  const place = successor(lock, last.nonce);
  if (!(await put(lock, own, place))) return false;
  // A line is removed after its lock. If the lock is still there, no other waiter ever had this name.
  if ((await readHolder(lock))?.nonce === first.nonce) return true;
  await rm(place, { force: true });
  return false;
}

/** Checks without opening the file: a process without a free descriptor must release its lock too. */
async function isThere(name: string): Promise<boolean> {
  try {
    await lstat(name);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

async function release(lock: string, own: ProcessIdentity, line: readonly string[]): Promise<void> {
  try {
    // This process was silent for too long, and another one succeeded it, which removes the line.
    if (await isThere(successor(lock, own.nonce))) return;
    await rm(lock, { force: true });
    for (const nonce of line) {
      await rm(successor(lock, nonce), { force: true });
      await rm(claimOf(lock, nonce), { force: true });
    }
  } catch (error) {
    throw diskError(lock, error);
  }
}

/**
 * Links the claim to a name, unless the name is taken. On a file system without hard links it is a copy, whose content
 * appears a moment after its name. A process that is killed in between counts as dead once it was silent for long.
 */
async function put(lock: string, own: ProcessIdentity, name: string): Promise<boolean> {
  const claim = claimOf(lock, own.nonce);
  for (let tries = 1; ; tries += 1) {
    try {
      await link(claim, name).catch((error: unknown) => {
        if (systemCode(error) === 'EEXIST') throw error;
        return copyFile(claim, name, constants.COPYFILE_EXCL);
      });
      return true;
    } catch (error) {
      const code = systemCode(error);
      // Over NFS, the response to a successful link can be lost. The repeated request then finds the name taken.
      if (code === 'EEXIST') return (await lstat(claim)).nlink > 1 && (await isOurs(name, own));
      // Windows reports these for a moment while a file of that name is being removed.
      const passing = code === 'EPERM' || code === 'EACCES' || code === 'EBUSY';
      if (!passing || tries === 20) throw diskError(name, error);
      await delay(10);
    }
  }
}

function beat(place: string): void {
  const now = new Date();
  // If the folder was removed, so was the lock. The work fails when it writes next.
  lutimes(place, now, now).catch(() => {});
}

async function isOurs(name: string, { nonce }: ProcessIdentity): Promise<boolean> {
  return (await readHolder(name))?.nonce === nonce;
}

/** Leaves the sweep to a later holder if the disk fails or no descriptor is left. */
function leaveToLaterHolder(error: unknown): void {
  const isDisk = isUserError(error) ? error.code === 'disk' : isDiskCode(systemCode(error));
  if (!isDisk) throw error;
}

/** Removes what killed processes left beside the lock. Called by a holder whose lock has no line. */
async function sweep(lock: string, own: ProcessIdentity): Promise<void> {
  const prefix = `${basename(lock)}.`;
  for (const name of await readdir(dirname(lock))) {
    if (!name.startsWith(prefix)) continue;
    const file = join(dirname(lock), name);
    const identity = (await readHolder(file))?.identity;
    if (identity && (await liveness(identity, own)) === 'dead') await rm(file, { force: true });
  }
}

function stillHeld(lock: string, last: LockHolder | undefined, waitMs: number): UserError {
  const { identity } = last ?? {};
  const who = identity === undefined ? 'Another process' : `Another edge-upload (process ${identity.pid})`;
  return new UserError('busy', `${who} has held ${lock} for more than ${waitMs / 1000} s.`, {
    hint: 'Wait until it ends, or end it. Then run the same command again.',
  });
}
