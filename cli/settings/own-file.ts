import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { geteuid, platform } from 'node:process';
import { systemCode, UserError } from '../errors.ts';
import { shellWord } from '../ui/shell-word.ts';
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
export function moveAside(path: string): string {
  return `mv ${shellWord(path)} ${shellWord(`${path}.aside`)}`;
}

function refusal(path: string, why: string): UserError {
  return new UserError('settings', `${path} ${why}. edge-upload uses only files that it wrote itself.`, {
    hint: ['Move it away:', `  ${moveAside(path)}`],
  });
}

/**
 * Refuses a folder in which everybody can replace files. Links above it are the user's own: `~/.config` often is one.
 * @returns the state of the folder
 */
export async function safeFolder(folder: string): Promise<Stats> {
  const found = await stat(folder);
  // Windows has no such bits.
  if (platform === 'win32' || (found.mode & 0o002) === 0) return found;
  throw new UserError(
    'settings',
    `Everybody on this computer can write to ${folder}. Files in it are not used.`,
    {
      hint: ['Close it:', `  chmod go-w ${shellWord(folder)}`],
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
