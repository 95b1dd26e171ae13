import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode, UserError } from '../errors.ts';

/** The text of a file, or `undefined` where there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw diskError(path, error);
  }
}

/**
 * Makes a folder where it is missing, with those above it, for its owner alone. Node's own recursion (seen with 20 and 24) has
 * no end where a file system lets nobody make one, such as `/proc`.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeOne(path);
  } catch (error) {
    const above = dirname(path);
    if (systemCode(error) !== 'ENOENT' || above === path) throw error;
    await makeFolder(above);
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

/**
 * Replaces a file as a whole: another process, a crash or a power cut sees the old text or the new one.
 * The file is private to its owner (0600) from its first byte; its folder is made 0700 where it is missing.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await makeFolder(dirname(path));
    const file = await open(aside, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
  } catch (error) {
    // What went wrong first is what is told.
    await rm(aside, { force: true }).catch(() => {});
    throw diskError(path, error);
  }
}

/** Takes away what a looser umask or an older copy may have left readable by others. */
export async function makePrivate(path: string): Promise<void> {
  try {
    await chmod(path, 0o600);
  } catch (error) {
    throw diskError(path, error);
  }
}

/** A system error on a file of ours, as a user meets it. */
export function diskError(path: string, error: unknown): UserError {
  const code = systemCode(error) ?? 'unknown error';
  const reasons: Record<string, string> = {
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EROFS: 'the file system is read-only',
    ENOSPC: 'no space left on the device',
    EDQUOT: 'the disk quota is used up',
    ENOTDIR: 'a part of the path is not a folder',
    EISDIR: 'it is a folder',
  };
  return new UserError('disk', `${path} cannot be used: ${reasons[code] ?? code}.`, {
    hint: 'Check the permissions and free space of that folder, or name another with XDG_CONFIG_HOME and XDG_STATE_HOME.',
    cause: error,
  });
}
