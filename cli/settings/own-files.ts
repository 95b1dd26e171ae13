import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { geteuid, platform } from 'node:process';
import { type CommandLine, command } from '../command-line.ts';
import { systemCode, UserError } from '../errors.ts';
import { diskError } from './disk-errors.ts';

/** Larger than any file of edge-upload: the journal of an upload with 10,000 parts has 2 MB. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Windows has neither flag, and `undefined` counts as 0. Only its administrators create links. */
const UNLINKED = constants.O_NOFOLLOW | constants.O_NONBLOCK;

export interface OwnFileOptions {
  /** Accepts a file with several names: a lock is a hard link by design. */
  readonly linked?: boolean;
  /** 16 MiB unless given. */
  readonly maxBytes?: number;
}

/** Returns why a file is not one that edge-upload wrote; `undefined` if it is. */
function oddity(
  found: Stats,
  folder: Stats,
  { linked = false, maxBytes = MAX_BYTES }: OwnFileOptions,
): string | undefined {
  if (found.isSymbolicLink()) return 'is a symbolic link';
  if (found.isDirectory()) return 'is a folder';
  if (!found.isFile()) return 'is not a plain file';
  if (found.nlink > 1 && !linked) return 'has a second name (a hard link)';
  if (found.size > maxBytes) return `is larger than ${maxBytes / 1024 ** 2} MiB`;
  const user = geteuid?.();
  if (user === undefined || found.uid === user || found.uid === 0) return undefined;
  // Root in the folder of another user works on behalf of that user.
  if (user === 0 && found.uid === folder.uid) return undefined;
  return 'belongs to another user';
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
  if (platform === 'win32' || !found.isDirectory() || (found.mode & 0o002) === 0) return found;
  throw new UserError(
    'settings',
    `Everybody on this computer can write to ${folder}. Files in it are not used.`,
    {
      hint: ['Remove that permission:', command`chmod go-w ${folder}`],
    },
  );
}

/**
 * Opens an existing file of edge-upload. Other files are never opened: the target of a link is neither read nor changed, and
 * a pipe or a device does not block.
 * @param flags `O_RDONLY`, or `O_WRONLY | O_APPEND`
 * @throws {UserError} `settings` for another file in its place
 * @throws the system's error where it cannot be opened, `ENOENT` among them
 */
export async function openOwn(
  path: string,
  flags: number,
  options: OwnFileOptions = {},
): Promise<{ readonly handle: FileHandle; readonly stats: Stats }> {
  const named = await lstat(path);
  const folder = await safeFolder(dirname(path));
  const odd = oddity(named, folder, options);
  if (odd !== undefined) throw refusal(path, odd);
  let handle: FileHandle;
  try {
    handle = await open(path, flags | UNLINKED);
  } catch (error) {
    // The file was replaced meanwhile.
    if (systemCode(error) === 'ELOOP') throw refusal(path, 'is a symbolic link');
    throw error;
  }
  try {
    const stats = await handle.stat();
    const opened = oddity(stats, folder, options);
    if (opened !== undefined) throw refusal(path, opened);
    return { handle, stats };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Returns the text of a file of edge-upload; `undefined` if there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  return (await read(path, false))?.text;
}

export interface PrivateText {
  readonly text: string;
  /** Others on this computer could read the file until now. Its mode is 0600 again. */
  readonly wasOpen: boolean;
}

/** Returns the text of a file with secrets, and makes it private if a loose umask or a copy left it readable by others. */
export async function readPrivate(path: string): Promise<PrivateText | undefined> {
  return read(path, true);
}

async function read(path: string, close: boolean): Promise<PrivateText | undefined> {
  try {
    const { handle, stats } = await openOwn(path, constants.O_RDONLY);
    try {
      const wasOpen = platform !== 'win32' && (stats.mode & 0o077) !== 0;
      if (close && wasOpen) await handle.chmod(0o600);
      return { text: await handle.readFile('utf8'), wasOpen };
    } finally {
      await handle.close();
    }
  } catch (error) {
    // ENOTDIR: below a file there are none, such as in the home folder /dev/null of a service's user.
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw diskError(path, error);
  }
}

/**
 * Creates a folder, and missing ones above it, for its owner alone. Node's own recursion (seen with 20 and 24) does not end
 * on a file system in which nobody can create folders, such as `/proc`.
 */
export async function createFolder(path: string): Promise<void> {
  try {
    await makeOne(path);
  } catch (error) {
    const above = dirname(path);
    if (systemCode(error) !== 'ENOENT' || above === path) throw error;
    await createFolder(above);
    await makeOne(path);
  }
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
  }
}

/** Bytes. Larger than the files of a sign-in. */
const PROBE_BYTES = 16 * 1024;

/**
 * Checks that files can be written to a folder, or that the folder can be created, before work that has to be recorded.
 * Writes a file and deletes it: a full disk and a used-up quota show only then.
 * @throws {UserError} `disk` or `settings`
 */
export async function requireWritable(folder: string): Promise<void> {
  try {
    await safeFolder(folder);
    await probe(folder);
  } catch (error) {
    const above = dirname(folder);
    if (systemCode(error) !== 'ENOENT' || above === folder) throw diskError(folder, error);
    await requireMakable(above, folder);
  }
}

/** Checks that a missing folder can be created. The folders above belong to the user, or to everybody. */
async function requireMakable(folder: string, wanted: string): Promise<void> {
  try {
    await probe(folder);
  } catch (error) {
    const above = dirname(folder);
    if (systemCode(error) !== 'ENOENT' || above === folder) throw diskError(wanted, error);
    await requireMakable(above, wanted);
  }
}

async function probe(folder: string): Promise<void> {
  const path = join(folder, `.edge-upload.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await writeFile(path, Buffer.alloc(PROBE_BYTES), { flag: 'wx', mode: 0o600 });
  } finally {
    await rm(path, { force: true }).catch(() => {});
  }
}

/**
 * Replaces a file atomically: another process, or the next one after a crash, reads the old text or the new one.
 * The file is private to its owner (0600) from its first byte. A missing folder is created with mode 0700. A link in its
 * place is replaced too, and its target stays as it is.
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

/** Errors of file systems that do not support it, such as those of other computers and of programs (FUSE). */
const CANNOT_FLUSH: ReadonlySet<string | undefined> = new Set(['EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP']);

async function flush(file: FileHandle): Promise<void> {
  try {
    await file.sync();
  } catch (error) {
    if (!CANNOT_FLUSH.has(systemCode(error))) throw error;
  }
}

/** Opens an existing file of edge-upload to append to it. The caller closes it. */
export async function openToAppend(path: string, options: OwnFileOptions = {}): Promise<FileHandle> {
  try {
    return (await openOwn(path, constants.O_WRONLY | constants.O_APPEND, options)).handle;
  } catch (error) {
    throw diskError(path, error);
  }
}
