import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from '../errors.ts';
import { diskError } from './disk-errors.ts';
import { type OwnFileOptions, openOwn, safeFolder } from './own-file.ts';

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
 * Makes sure that files can be written to a folder, or the folder made, before something is done that must be written down.
 * @throws {UserError} `disk` or `settings`
 */
export async function requireWritable(folder: string): Promise<void> {
  try {
    await safeFolder(folder);
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const above = dirname(folder);
    if (systemCode(error) !== 'ENOENT' || above === folder) throw diskError(folder, error);
    await requireMakable(above, folder);
  }
}

/** Folders above ours belong to the user, or to everybody. */
async function requireMakable(folder: string, wanted: string): Promise<void> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const above = dirname(folder);
    if (systemCode(error) !== 'ENOENT' || above === folder) throw diskError(wanted, error);
    await requireMakable(above, wanted);
  }
}

/**
 * Replaces a file as a whole: another process, a crash or a power cut sees the old text or the new one.
 * The file is private to its owner (0600) from its first byte; its folder is made 0700 where it is missing. A link in its
 * place is replaced too; what it leads to stays as it is.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await makeFolder(dirname(path));
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

/** File systems of other computers and of programs (FUSE) may not be able to; they keep what they were given. */
const CANNOT_FLUSH: ReadonlySet<string | undefined> = new Set(['EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP']);

async function flush(file: FileHandle): Promise<void> {
  try {
    await file.sync();
  } catch (error) {
    if (!CANNOT_FLUSH.has(systemCode(error))) throw error;
  }
}

/** Opens a file of ours that is there, to add to its end. The caller closes it. */
export async function openToAppend(path: string, options: OwnFileOptions = {}): Promise<FileHandle> {
  try {
    return (await openOwn(path, constants.O_WRONLY | constants.O_APPEND, options)).handle;
  } catch (error) {
    throw diskError(path, error);
  }
}
