import { constants } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { isUserError, systemCode, UserError } from '../errors.ts';
import { shellWord } from '../ui/shell-word.ts';
import { diskError } from './disk-errors.ts';
import { openOwn } from './own-file.ts';
import { type ProcessIdentity, parseIdentity } from './process-identity.ts';

/** A holder of a lock, as its file tells it. */
export interface Held {
  /** A holder whose file is damaged has no process to look up. */
  readonly identity?: ProcessIdentity;
  readonly nonce: string;
  /** Modification time of its file: its sign of life. */
  readonly sign: number;
}

/** A line of dead holders grows by one for each that was killed before it released; more were never seen. */
const MAX_LINE = 1_000;

/** Where the holder after a dead one puts its claim. */
export const successor = (lock: string, nonce: string) => `${lock}.${nonce}.next`;
/** A would-be holder's own file, which it links to the names above. */
export const claimOf = (lock: string, nonce: string) => `${lock}.${nonce}.claim`;

/** Errors of a file that was there a moment ago: removed, being removed (Windows), or replaced on another computer (NFS). */
const GONE: ReadonlySet<string | undefined> = new Set(['ENOENT', 'EBUSY', 'ESTALE']);

/** Who holds the file of that name; `undefined` where there is none. */
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

/** What is no file of ours (a link, a pipe) holds a lock as a damaged file does: until it has been silent for long. */
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
 * From the lock's first holder to the last; empty where the lock is free.
 * @throws {UserError} `settings` for a line that comes back to itself, as files restored from a copy may
 */
export async function readLine(lock: string): Promise<Held[]> {
  const line: Held[] = [];
  const seen = new Set<string>();
  let held = await readHeld(lock);
  while (held !== undefined) {
    if (seen.has(held.nonce) || line.length === MAX_LINE) {
      throw new UserError('settings', `The lock ${lock} is damaged: it names an endless line of processes.`, {
        hint: ['If no other edge-upload runs, delete it:', `  rm ${shellWord(lock)} ${shellWord(lock)}.*`],
      });
    }
    seen.add(held.nonce);
    line.push(held);
    held = await readHeld(successor(lock, held.nonce));
  }
  return line;
}
