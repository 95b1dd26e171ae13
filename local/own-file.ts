import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { platform } from 'node:process';

/** Windows has neither flag, and `undefined` counts as 0. */
const UNLINKED = constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Opens a file of the cloud. Does not follow links and does not wait for named pipes.
 * @param flags flags of `open`; a new file has mode 0600
 * @throws Error naming what is there instead of a regular file
 */
export function openOwnFile(path: string, flags: number = constants.O_RDONLY): number {
  let descriptor: number;
  try {
    descriptor = openSync(path, flags | UNLINKED, 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') checkOwnFile(path);
    throw error;
  }
  const stats = fstatSync(descriptor);
  if (stats.isFile()) return descriptor;
  closeSync(descriptor);
  throw notOurs(path, stats);
}

/** Reads a file of the cloud; `undefined` if there is none. @throws Error as {@link openOwnFile} */
export function readOwnFile(path: string): Buffer | undefined {
  return ifThere(() => readIf(path, () => true), undefined);
}

/**
 * Reads a file of secrets. Returns `undefined` for a file that is missing, and for one that another user can read or
 * write, or could have written. Windows has no file modes.
 * @throws Error as {@link openOwnFile}
 */
export function readPrivateFile(path: string): string | undefined {
  try {
    return readIf(path, isPrivate)?.toString();
  } catch (error) {
    if (['ENOENT', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

function isPrivate({ uid, mode }: Stats): boolean {
  return platform === 'win32' || (uid === process.getuid?.() && (mode & 0o077) === 0);
}

/** Reads an existing file; `undefined` if it is not acceptable. */
function readIf(path: string, isAcceptable: (stats: Stats) => boolean): Buffer | undefined {
  const descriptor = openOwnFile(path);
  try {
    return isAcceptable(fstatSync(descriptor)) ? readFileSync(descriptor) : undefined;
  } finally {
    closeSync(descriptor);
  }
}

/** @throws Error naming what has the file's name, if it is not a regular file */
export function checkOwnFile(path: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats !== undefined && !stats.isFile()) throw notOurs(path, stats);
}

function notOurs(path: string, stats: Stats): Error {
  const kinds: readonly [kind: string, is: boolean][] = [
    ['a symbolic link', stats.isSymbolicLink()],
    ['a folder', stats.isDirectory()],
    ['a named pipe', stats.isFIFO()],
    ['a socket', stats.isSocket()],
  ];
  const [kind = 'a device'] = kinds.find(([, is]) => is) ?? [];
  return new Error(`${path} is ${kind}, not a file that the embedded cloud wrote`);
}

/**
 * Replaces a file atomically: a `kill -9` leaves the old one or the new one, and a full disk the old one alone.
 * @param mode of the file
 */
export function replaceFile(path: string, content: string, mode = 0o600): void {
  checkOwnFile(path);
  const aside = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    writeFileSync(aside, content, { mode });
    // The umask of the process may have removed permission bits.
    if (mode !== 0o600) chmodSync(aside, mode);
    renameSync(aside, path);
  } catch (error) {
    rmSync(aside, { force: true });
    throw error;
  }
}

/** Deletes files that a change has put out of use. What cannot be deleted stays until the next start: the change was made. */
export function deleteUnused(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // An error would report that the change failed.
  }
}

/** Returns the result of `read`, or `otherwise` if the file or folder does not exist. */
export function ifThere<T, E>(read: () => T, otherwise: E): T | E {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise;
    throw error;
  }
}
