import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from '../errors.ts';
import { diskError } from './disk-errors.ts';
import { type OwnFileOptions, openOwn, safeFolder } from './own-file.ts';

/**
 * Creates a folder, and missing ones above it, for its owner alone. Node's own recursion (seen with 20 and 24) does not end
 * on a file system in which nobody can create folders, such as `/proc`.
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
 * Checks that files can be written to a folder, or that the folder can be created, before work that has to be recorded.
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

/** Checks that a missing folder can be created. The folders above belong to the user, or to everybody. */
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
 * Replaces a file atomically: another process, or the next one after a crash, reads the old text or the new one.
 * The file is private to its owner (0600) from its first byte. A missing folder is created with mode 0700. A link in its
 * place is replaced too, and its target stays as it is.
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
