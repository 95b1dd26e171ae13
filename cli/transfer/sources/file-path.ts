import { isUtf8 } from 'node:buffer';
import { readdir } from 'node:fs/promises';
import { join, parse, resolve, sep } from 'node:path';
import { UserError } from '../../errors.ts';

/** A path as the file system has it: text, or bytes where they are not valid UTF-8. */
export type FilePath = string | Buffer;

/** What Node puts in place of bytes that are not valid UTF-8; a file name may also contain it. */
export const REPLACEMENT = '\ufffd';

/** The path of a name in a folder. */
export function pathIn(folder: FilePath, name: FilePath): FilePath {
  if (typeof folder === 'string' && typeof name === 'string') return join(folder, name);
  return Buffer.concat([Buffer.from(folder), Buffer.from(sep), Buffer.from(name)]);
}

/** A path as text that tells it from any other, for journals: bytes that are not UTF-8 are percent-encoded. */
export function pathText(path: FilePath): string {
  if (typeof path === 'string') return path;
  return path.toString('latin1').replace(/[^\u0020-\u007e]/g, (byte) => {
    return `%${byte.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}

/** Names in a folder that are read as this text, byte for byte; empty where the folder cannot be read. */
async function namesLike(folder: FilePath, text: string): Promise<readonly Buffer[]> {
  try {
    return (await readdir(folder, { encoding: 'buffer' })).filter((name) => name.toString() === text);
  } catch {
    // Opening the file reports what is wrong with its folder.
    return [];
  }
}

/**
 * The path that was typed. Node hands over arguments as text, in which bytes that are not UTF-8 are lost: they are looked
 * up in the folders then.
 * @throws {UserError} `usage` where several names are read as the same text.
 */
export async function findPath(cwd: string, typed: string): Promise<FilePath> {
  const path = resolve(cwd, typed);
  if (!path.includes(REPLACEMENT)) return path;
  const { root } = parse(path);
  let found: FilePath = root;
  for (const segment of path.slice(root.length).split(sep)) {
    const [one, ...others] = segment.includes(REPLACEMENT) ? await namesLike(found, segment) : [];
    if (others.length > 0) {
      throw new UserError(
        'usage',
        `“${typed}” could be ${others.length + 1} files: their names differ in bytes that are not UTF-8.`,
        {
          hint: 'Rename them, or upload the folder they are in with -r.',
        },
      );
    }
    found = pathIn(found, one === undefined || isUtf8(one) ? segment : one);
  }
  return found;
}

/** Whether the last name of a path is not valid UTF-8, so that it cannot become a key. */
export function isNameless(path: FilePath): boolean {
  return typeof path !== 'string' && !isUtf8(path.subarray(path.lastIndexOf(sep) + 1));
}

/** A name that cannot become a key. */
export function notUtf8(name: string): UserError {
  return new UserError('bad_key', `The name of ${name} is not valid UTF-8, which keys are.`, {
    hint: 'Rename it, or upload it by itself under a key of your choice: edge-upload put <file> --as <key>   (a folder: put -r <folder> --as <key>)',
  });
}
