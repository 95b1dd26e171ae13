import { randomBytes } from 'node:crypto';
import { constants, fsync, type Stats } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import process, { platform as system } from 'node:process';
import { promisify } from 'node:util';
import { type CommandLine, command } from '../command-line.ts';
import { systemCode, UserError } from '../errors.ts';
import { diskError } from './disk-errors.ts';

/** A file, such as the home folder /dev/null of a service's user, contains none. */
const NOT_THERE: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR']);

/** Returns the names in a folder of edge-upload; none if it does not exist. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (NOT_THERE.has(systemCode(error))) return [];
    throw diskError(folder, error);
  }
}

/** Larger than any file of edge-upload: the journal of an upload with 10,000 parts has 2 MB. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Windows has neither flag, and `undefined` counts as 0. Only its administrators create links. */
const UNLINKED = constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Refuses a file that edge-upload did not write. */
function requireOwn(path: string, found: Stats, folder: Stats, maxBytes: number): void {
  if (found.isSymbolicLink()) throw refusal(path, 'is a symbolic link');
  if (found.isDirectory()) throw refusal(path, 'is a folder');
  if (!found.isFile()) throw refusal(path, 'is not a plain file');
  if (found.nlink > 1) throw refusal(path, 'has a second name (a hard link)');
  if (found.size > maxBytes) throw refusal(path, `is larger than ${maxBytes / 1024 ** 2} MiB`);
  const user = process.geteuid?.();
  // Root in the folder of another user works on behalf of that user.
  const isOwn = found.uid === user || found.uid === 0 || (user === 0 && found.uid === folder.uid);
  if (user !== undefined && !isOwn) throw refusal(path, 'belongs to another user');
}

/** Returns the shell command that renames a file. */
export function moveAside(path: string): CommandLine {
  return command`mv ${path} ${`${path}.aside`}`;
}

function refusal(path: string, why: string): UserError {
  return new UserError('settings', `${path} ${why}. edge-upload uses only files that it wrote itself.`, {
    hint: ['Move it away:', moveAside(path)],
  });
}

/**
 * Refuses a folder in which everybody can replace files. Links above it are the user's own: `~/.config` often is one.
 * @returns the state of the folder
 */
export async function safeFolder(folder: string): Promise<Stats> {
  const found = await stat(folder);
  // Windows has no such bits. Anything but a folder, such as a device, cannot be used anyway.
  if (system === 'win32' || !found.isDirectory() || (found.mode & 0o002) === 0) return found;
  const message = `Everybody on this computer can write to ${folder}. Files in it are not used.`;
  throw new UserError('settings', message, {
    hint: ['Remove that permission:', command`chmod go-w ${folder}`],
  });
}

/**
 * Opens an existing file of edge-upload. Other files are never opened: the target of a link is neither read nor changed, and
 * a pipe or a device does not block.
 * @throws {UserError} `settings` for another file in its place; else the system's error, such as `ENOENT`
 */
export async function openOwn(
  path: string,
  flags: number,
  maxBytes = MAX_BYTES,
): Promise<{ readonly handle: FileHandle; readonly stats: Stats }> {
  const named = await lstat(path);
  const folder = await safeFolder(dirname(path));
  requireOwn(path, named, folder, maxBytes);
  const handle = await open(path, flags | UNLINKED).catch((error: unknown) => {
    // The file was replaced meanwhile.
    throw systemCode(error) === 'ELOOP' ? refusal(path, 'is a symbolic link') : error;
  });
  try {
    const stats = await handle.stat();
    requireOwn(path, stats, folder, maxBytes);
    return { handle, stats };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Returns the text of a file of edge-upload; `undefined` if there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  return (await read(path))?.text;
}

/** Errors of file systems without an operation, such as those of other computers and of programs (FUSE). */
const UNSUPPORTED = ['ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'];

/** Errors of file systems that keep no permissions, such as FAT, or are read-only. */
const CANNOT_PROTECT: ReadonlySet<string | undefined> = new Set([...UNSUPPORTED, 'EPERM', 'EROFS']);

/**
 * Returns the text of a file with secrets. If a loose umask or a copy left it readable by others (`wasOpen`), it is private
 * again, unless its file system does not keep permissions (`isOpen`).
 */
export async function readPrivate(path: string) {
  return read(path, async (file) => {
    await file.chmod(0o600).catch((error: unknown) => {
      if (!CANNOT_PROTECT.has(systemCode(error))) throw error;
    });
    return isOpenToOthers(await file.stat());
  });
}

/** Windows has no such bits. */
const isOpenToOthers = ({ mode }: Stats) => system !== 'win32' && (mode & 0o077) !== 0;

/** @param close removes the permissions of others, and returns whether they still have some */
async function read(path: string, close?: (file: FileHandle) => Promise<boolean>) {
  try {
    const { handle, stats } = await openOwn(path, constants.O_RDONLY);
    try {
      const wasOpen = isOpenToOthers(stats);
      const isOpen = wasOpen && (await close?.(handle)) === true;
      return { text: await handle.readFile('utf8'), wasOpen, isOpen };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (NOT_THERE.has(systemCode(error))) return undefined;
    throw diskError(path, error);
  }
}

/**
 * Creates a folder, and missing ones above it; by default for its owner alone. Node's own recursion (seen with 20 and 24) does
 * not end on a file system in which nobody can create folders, such as `/proc`, and reports a read-only one as `ENOENT`.
 */
export async function createFolder(path: string, mode = 0o700): Promise<void> {
  try {
    await makeOne(path, mode);
  } catch (error) {
    const above = dirname(path);
    if (systemCode(error) !== 'ENOENT' || above === path) throw error;
    await createFolder(above, mode);
    await makeOne(path, mode);
  }
}

async function makeOne(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
  }
}

/** Errors of file systems that cannot flush, and of Node's permission model, which disables `fsync`. */
const CANNOT_FLUSH: ReadonlySet<string | undefined> = new Set([
  ...UNSUPPORTED,
  'EINVAL',
  'ERR_ACCESS_DENIED',
]);

/** Flushes a file to the disk, where the file system can. `FileHandle.sync` is missing under Yarn Plug'n'Play. */
export async function flush({ fd }: FileHandle): Promise<void> {
  try {
    await promisify(fsync)(fd);
  } catch (error) {
    if (!CANNOT_FLUSH.has(systemCode(error))) throw error;
  }
}

/**
 * Replaces a file atomically: another process, or the next one after a crash, reads the old text or the new one. The file is
 * private to its owner from its first byte. A link in its place is replaced too, and its target stays as it is.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await createFolder(dirname(path));
    await safeFolder(dirname(path));
    const file = await open(aside, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await flush(file);
    } finally {
      await file.close();
    }
    await rename(aside, path);
  } catch (error) {
    // The first error is the one to report.
    await rm(aside, { force: true }).catch(() => {});
    throw diskError(path, error);
  }
}

/** Opens an existing file of edge-upload to append to it. The caller closes it. */
export async function openToAppend(path: string, maxBytes = MAX_BYTES): Promise<FileHandle> {
  try {
    return (await openOwn(path, constants.O_WRONLY | constants.O_APPEND, maxBytes)).handle;
  } catch (error) {
    throw diskError(path, error);
  }
}
