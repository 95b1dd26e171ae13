import { constants } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { command } from '../command-line.ts';
import { isUserError, systemCode, UserError } from '../errors.ts';
import { diskError } from './disk-errors.ts';
import { openOwn } from './own-files.ts';
import { type ProcessIdentity, parseIdentity } from './process-identity.ts';

/** The content of a lock file: who holds the lock. */
export interface Held {
  /** Absent for a damaged file: there is no process to look up. */
  readonly identity?: ProcessIdentity;
  readonly nonce: string;
  /** Modification time of the file in milliseconds, which the holder renews as a sign of life. */
  readonly sign: number;
}

/** Holders in a line at most. It grows by one for each that was killed before it released the lock. */
const MAX_LINE = 1_000;

/** Returns the file in which the successor of a dead holder puts its claim. */
export const successor = (lock: string, nonce: string) => `${lock}.${nonce}.next`;
/** Returns the own file of a process that wants the lock, which it links to the lock or to a successor's name. */
export const claimOf = (lock: string, nonce: string) => `${lock}.${nonce}.claim`;

/** Errors for a file that is gone: removed, being removed (Windows), or replaced on another computer (NFS). */
const GONE: ReadonlySet<string | undefined> = new Set(['ENOENT', 'EBUSY', 'ESTALE']);

/** Reads a lock file; `undefined` if there is none. */
export async function readHeld(name: string): Promise<Held | undefined> {
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

/** Treats another file in place of a lock (a link, a pipe) as a damaged one, which holds the lock until it was silent for long. */
async function readOdd(name: string, refusal: UserError): Promise<Held | undefined> {
  try {
    const found = await lstat(name);
    if (found.isDirectory()) throw refusal;
    return damaged(found);
  } catch (error) {
    if (GONE.has(systemCode(error))) return undefined;
    throw diskError(name, error);
  }
}

function damaged({ ino, mtimeMs }: { readonly ino: number; readonly mtimeMs: number }): Held {
  return { nonce: `damaged-${ino}-${Math.floor(mtimeMs)}`, sign: mtimeMs };
}

/**
 * Returns the holders of a lock, from the first to the last; none if the lock is free.
 * @throws {UserError} `settings` for a line without an end, which files restored from a copy can form
 */
export async function readLine(lock: string): Promise<Held[]> {
  const line: Held[] = [];
  const seen = new Set<string>();
  let held = await readHeld(lock);
  while (held !== undefined) {
    if (seen.has(held.nonce) || line.length === MAX_LINE) {
      throw new UserError('settings', `The lock ${lock} is damaged: it names too many processes.`, {
        hint: ['If no other edge-upload runs, delete it:', command`rm ${lock}*`],
      });
    }
    seen.add(held.nonce);
    line.push(held);
    held = await readHeld(successor(lock, held.nonce));
  }
  return line;
}
