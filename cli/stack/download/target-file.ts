import { randomBytes } from 'node:crypto';
import { type FileHandle, link, lstat, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isWindowsName } from '../../../protocol/file-name.ts';
import { command } from '../../command-line.ts';
import { systemCode, UserError } from '../../errors.ts';
import { fileError } from '../../settings/disk-errors.ts';
import { flush } from '../../settings/own-files.ts';

/**
 * Returns the file name of a key: the text after its last slash.
 * @throws {UserError} `usage` if that is not a file name: uploaders choose keys, and must not choose a folder here
 */
export function fileNameOf(key: string, platform: NodeJS.Platform): string {
  const name = key.slice(key.lastIndexOf('/') + 1);
  const isUnfit = platform === 'win32' && !isWindowsName(name);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (!['', '.', '..'].includes(name) && !/[\u0000-\u001f\u007f]/.test(name) && !isUnfit) return name;
  throw new UserError('usage', `The key “${key}” does not end with a file name.`, {
    hint: 'Name the file with --as <path>, or write to standard output with --as -.',
  });
}

async function kindOf(path: string): Promise<'nothing' | 'file' | 'folder' | 'other'> {
  try {
    const stats = await lstat(path);
    if (stats.isDirectory()) return 'folder';
    return stats.isFile() || stats.isSymbolicLink() ? 'file' : 'other';
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 'nothing';
    throw cannotWrite(path, error);
  }
}

/** Returns the error for a path that was given, or that a key stands for. */
function cannotWrite(path: string, error: unknown): UserError {
  const code = systemCode(error);
  const { message } = fileError(path, error);
  if (code === 'ENAMETOOLONG') {
    return new UserError('disk', message, { hint: 'Name the file with --as <path>.', cause: error });
  }
  if (code !== 'ENOENT') return fileError(path, error);
  return new UserError('disk', `The folder ${dirname(path)} does not exist.`, {
    hint: ['Create it, then run the same command again:', command`mkdir -p ${dirname(path)}`],
    cause: error,
  });
}

export interface TargetOptions {
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  /** A path, or an existing folder. Absent: the key's file name in the current folder. */
  readonly as?: string;
  /** Replaces an existing file. */
  readonly force: boolean;
}

/**
 * Returns the path that an object is downloaded to.
 * @throws {UserError} `exists` for an existing file, unless it is to be replaced
 */
export async function targetPath(key: string, { cwd, platform, as, force }: TargetOptions): Promise<string> {
  const asked = as ?? fileNameOf(key, platform);
  const inside = as !== undefined && (/[/\\]$/.test(as) || (await kindOf(resolve(cwd, as))) === 'folder');
  const name = inside ? join(asked, fileNameOf(key, platform)) : asked;
  const path = resolve(cwd, name);
  const kind = await kindOf(path);
  if (kind === 'folder') {
    throw new UserError('file_is_folder', `${name} is a folder.`, { hint: 'Name a file with --as <path>.' });
  }
  if (kind === 'other') {
    throw new UserError('file_special', `${name} is not a regular file.`, {
      hint: 'To write to standard output, use --as -.',
    });
  }
  if (kind === 'file' && !force) throw exists(name);
  return path;
}

function exists(path: string): UserError {
  return new UserError('exists', `${path} already exists. It was not changed.`, {
    hint: 'Replace it with --force, or name another file with --as <path>.',
  });
}

/** A file that gets its name once it is complete. */
export interface TargetFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Gives the file its name. */
  finish(): Promise<void>;
  /** Deletes the temporary file. */
  discard(): Promise<void>;
}

/** Opens a temporary file beside the path, so that the final rename copies nothing. */
export async function openTarget(path: string, { force }: { readonly force: boolean }): Promise<TargetFile> {
  const aside = join(dirname(path), `.edge-upload-${randomBytes(6).toString('hex')}.part`);
  const onDisk = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw error instanceof UserError ? error : fileError(path, error);
    }
  };
  const file: FileHandle = await open(aside, 'wx').catch((error: unknown) => {
    throw cannotWrite(path, error);
  });
  return {
    write: (bytes) => onDisk(async () => void (await file.writeFile(bytes))),
    finish: () =>
      onDisk(async () => {
        await flush(file);
        await file.close();
        if (force) await rename(aside, path);
        else await nameOnce(aside, path);
      }),
    async discard() {
      await file.close().catch(() => {});
      await rm(aside, { force: true });
    },
  };
}

/** File systems without hard links. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Gives a file its name, unless another file has it meanwhile: a rename would replace that file. */
async function nameOnce(aside: string, path: string): Promise<void> {
  try {
    await link(aside, path);
  } catch (error) {
    const code = systemCode(error) ?? '';
    if (code === 'EEXIST') throw exists(path);
    if (!NO_LINKS.has(code)) throw error;
    if ((await kindOf(path)) !== 'nothing') throw exists(path);
    await rename(aside, path);
    return;
  }
  await rm(aside, { force: true });
}

/** For messages: the path as the user would type it. */
export function shownPath(path: string, cwd: string): string {
  return dirname(path) === resolve(cwd) ? basename(path) : path;
}
