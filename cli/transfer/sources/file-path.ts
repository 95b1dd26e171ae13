import { isUtf8 } from 'node:buffer';
import { existsSync, readlinkSync, realpathSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { parse, sep } from 'node:path';
import { platform } from 'node:process';
import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';

/** A path in the file system: text, or bytes if they are not valid UTF-8. */
export type FilePath = string | Buffer;

/** Node's replacement for bytes that are not valid UTF-8. A file name can contain it too. */
export const REPLACEMENT = '\ufffd';

/** The path of a name in a folder. */
export function pathIn(folder: FilePath, name: FilePath): FilePath {
  if (typeof folder === 'string' && typeof name === 'string') {
    return folder.endsWith(sep) ? `${folder}${name}` : `${folder}${sep}${name}`;
  }
  return Buffer.concat([Buffer.from(folder), Buffer.from(sep), Buffer.from(name)]);
}

/** Returns a path as unique text for journals: in one that is not UTF-8, all but ASCII is percent-encoded. */
export function pathText(path: FilePath): string {
  if (typeof path === 'string') return path;
  return path.toString('latin1').replace(/[^\u0020-\u007e]/g, (byte) => {
    return `%${byte.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}

/** Returns the names in a folder that Node reads as this text; none if the folder cannot be read. */
async function namesLike(folder: FilePath, text: string): Promise<readonly Buffer[]> {
  try {
    return (await readdir(folder, { encoding: 'buffer' })).filter((name) => name.toString() === text);
  } catch {
    // Opening the file reports the error of its folder.
    return [];
  }
}

/**
 * Returns the path of a name that was typed with bytes that are not UTF-8. Node passes arguments as text and loses such
 * bytes; they are looked up in their folders.
 * @param path the absolute path, as text.
 * @throws {UserError} `usage` if several names match the text.
 */
export async function findPath(path: string, typed: string): Promise<FilePath> {
  const { root } = parse(path);
  let found: FilePath = root;
  for (const segment of path.slice(root.length).split(sep)) {
    const [one, ...others] = segment.includes(REPLACEMENT) ? await namesLike(found, segment) : [];
    if (others.length > 0) {
      throw new UserError(
        'usage',
        `“${typed}” could be ${others.length + 1} files: their names differ in bytes that are not UTF-8.`,
        {
          hint: 'Rename them, or upload their folder with -r.',
        },
      );
    }
    found = pathIn(found, one === undefined || isUtf8(one) ? segment : one);
  }
  return found;
}

/** Whether the last name of a path is not valid UTF-8 and so cannot be a key. */
export function isNameless(path: Buffer): boolean {
  return !isUtf8(path.subarray(path.lastIndexOf(sep) + 1));
}

/** The error for a name that cannot be a key. */
export function notUtf8(name: string): UserError {
  return new UserError('bad_key', `The name of ${name} is not valid UTF-8, so it cannot be a key.`, {
    hint: [
      'Rename it, or give the file or folder a key:',
      command`edge-upload put <file> --as <key>`,
      command`edge-upload put -r <folder> --as <key>`,
    ],
  });
}

/**
 * Returns a path of an open file or folder, even if its name belongs to another one now; `undefined` if the system has
 * no such path.
 */
export function descriptorPath(descriptor: number): string | undefined {
  const path = `/proc/self/fd/${descriptor}`;
  return platform === 'linux' && existsSync(path) ? path : undefined;
}

/**
 * Returns the path of an open file or folder without links. Linux knows it by the descriptor; elsewhere the path that was
 * opened is resolved.
 * @throws the system's error
 */
export function openedPath(descriptor: number, path: string): string {
  const link = descriptorPath(descriptor);
  return link === undefined ? realpathSync.native(path) : readlinkSync(link);
}
