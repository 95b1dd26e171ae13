import { constants } from 'node:fs';
import { copyFile, link, lstat, lutimes, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { interrupted, systemCode, UserError } from '../errors.ts';
import { diskError } from './disk-errors.ts';
import { makeFolder } from './files.ts';
import { claimOf, type Held, readHeld, readLine, successor } from './lock-line.ts';
import { safeFolder } from './own-file.ts';
import { liveness, ownIdentity, type ProcessIdentity } from './process-identity.ts';

export interface LockOptions {
  /**
   * Longest wait for another holder, milliseconds; default 60,000. If the holder may be dead, such as one from before a
   * restart of the computer, `silentMs` is added.
   */
  readonly waitMs?: number;
  /** How often a waiter looks, milliseconds; default 25. */
  readonly pollMs?: number;
  /** How often a holder shows that it lives, milliseconds; default 1,000. */
  readonly beatMs?: number;
  /** A holder that cannot be looked up as a process, and showed no life for so long, counts as dead; default 10,000. */
  readonly silentMs?: number;
  readonly signal?: AbortSignal;
}

/*
 * The lock is the file `<path>.lock`, a hard link to its holder's own claim, so that it appears with its whole content or
 * not at all. A dead holder's lock is never removed to be taken: two waiters could do that at once, and the
 * second would remove the lock of the first. It is succeeded instead, by a link named after the dead holder's nonce.
 * Nonces are never used twice, so only one waiter can make that link. Whoever is last in the line of succession holds;
 * releasing removes the lock first and the line after it.
 */

/** Runs work while no other process runs work under the same path's lock. A holder that was killed holds nothing up. */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const { waitMs = 60_000, pollMs = 25, beatMs = 1_000, silentMs = 10_000, signal } = options;
  const lock = `${path}.lock`;
  const own = await ownIdentity();
  const claim = claimOf(lock, own.nonce);
  await writeClaim(claim, own);
  try {
    const { line, place } = await acquire(lock, own, {
      waitMs,
      pollMs,
      silentMs,
      ...(signal ? { signal } : {}),
    });
    const heart = setInterval(() => beat(place), beatMs).unref();
    try {
      if (line.length === 0) await sweep(lock, own);
      return await work();
    } finally {
      clearInterval(heart);
      await release(lock, own, line);
    }
  } finally {
    await rm(claim, { force: true });
  }
}

async function writeClaim(claim: string, own: ProcessIdentity): Promise<void> {
  try {
    await makeFolder(dirname(claim));
    await safeFolder(dirname(claim));
    await writeFile(claim, JSON.stringify(own), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    // Where even this fails nothing was written, and the first reason is the one to tell.
    await rm(claim, { force: true }).catch(() => {});
    throw diskError(dirname(claim), error);
  }
}

type Waiting = Required<Pick<LockOptions, 'waitMs' | 'pollMs' | 'silentMs'>> & Pick<LockOptions, 'signal'>;

interface Acquired {
  /** The file that says that we hold. */
  readonly place: string;
  /** Nonces of the dead holders whom we succeeded, first to last. */
  readonly line: readonly string[];
}

async function acquire(lock: string, own: ProcessIdentity, waiting: Waiting): Promise<Acquired> {
  const { waitMs, pollMs, silentMs, signal } = waiting;
  let watched: Held | undefined;
  let silence = 0;
  for (let waited = 0; ; waited += pollMs) {
    if (signal?.aborted) throw interrupted();
    if (await put(lock, own, lock)) return { place: lock, line: [] };
    const line = await readLine(lock);
    const last = line.at(-1);
    let patience = waitMs;
    if (last !== undefined) {
      // Time is counted in looks of our own: a computer that slept has given the holder no chance to show life.
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

/** Takes the place of the last in line, unless another did or the whole line is gone. */
async function succeed(lock: string, own: ProcessIdentity, line: readonly Held[]): Promise<boolean> {
  const [first, last] = [line[0], line.at(-1)];
  if (first === undefined || last === undefined) return false;
  const place = successor(lock, last.nonce);
  if (!(await put(lock, own, place))) return false;
  // Line files go only after the lock has gone. Is the lock still there, then no other link of that name ever was.
  if ((await readHeld(lock))?.nonce === first.nonce) return true;
  await rm(place, { force: true });
  return false;
}

async function release(lock: string, own: ProcessIdentity, line: readonly string[]): Promise<void> {
  try {
    // Only after a silence that was no death: somebody else holds the lock now, and ends the line.
    if ((await readHeld(successor(lock, own.nonce))) !== undefined) return;
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
 * Puts our claim at a name, if nothing has that name. On a file system without hard links it is a copy, whose content
 * comes a moment after its name; a process killed in between is found out by its silence.
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
      // Over NFS the answer to a link that was made may be lost, and the same request sent again finds it there.
      if (code === 'EEXIST') return (await lstat(claim)).nlink > 1 && (await isOurs(name, own));
      // On Windows a name whose file is just being removed gives these for a moment.
      const passing = code === 'EPERM' || code === 'EACCES' || code === 'EBUSY';
      if (!passing || tries === 20) throw diskError(name, error);
      await delay(10);
    }
  }
}

function beat(place: string): void {
  const now = new Date();
  // Whoever removed the folder under a running command has taken the lock away too; the work's own writes will tell.
  lutimes(place, now, now).catch(() => {});
}

async function isOurs(name: string, { nonce }: ProcessIdentity): Promise<boolean> {
  return (await readHeld(name))?.nonce === nonce;
}

/** Removes what killed processes left beside the lock. Called by a holder whose lock has no line. */
async function sweep(lock: string, own: ProcessIdentity): Promise<void> {
  const prefix = `${basename(lock)}.`;
  for (const name of await readdir(dirname(lock))) {
    if (!name.startsWith(prefix)) continue;
    const file = join(dirname(lock), name);
    const identity = (await readHeld(file))?.identity;
    if (identity && (await liveness(identity, own)) === 'dead') await rm(file, { force: true });
  }
}

function stillHeld(lock: string, last: Held | undefined, waitMs: number): UserError {
  const { identity } = last ?? {};
  const who = identity === undefined ? 'Another process' : `Another edge-upload (process ${identity.pid})`;
  return new UserError('busy', `${who} has held ${lock} for more than ${waitMs / 1000} s.`, {
    hint: 'Wait until it ends, or end it. Then run the same command again.',
  });
}
