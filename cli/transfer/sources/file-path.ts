import { isUtf8 } from 'node:buffer';
import { readdir } from 'node:fs/promises';
import { parse, resolve, sep } from 'node:path';
import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';

/** A path as the file system has it: text, or bytes where they are not valid UTF-8. */
export type FilePath = string | Buffer;

/** Node's replacement for bytes that are not valid UTF-8; a file name may contain it too. */
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

/** Returns the names in a folder that Node reads as this text; none where the folder cannot be read. */
async function namesLike(folder: FilePath, text: string): Promise<readonly Buffer[]> {
  try {
    return (await readdir(folder, { encoding: 'buffer' })).filter((name) => name.toString() === text);
  } catch {
    // Opening the file reports the error of its folder.
    return [];
  }
}

/**
 * Returns the path that was typed. Node passes arguments as text and loses bytes that are not UTF-8; such names are looked
 * up in their folders.
 * @throws {UserError} `usage` where several names fit the text.
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
          hint: 'Rename them, or upload their folder with -r.',
        },
      );
    }
    found = pathIn(found, one === undefined || isUtf8(one) ? segment : one);
  }
  return found;
}

/** Whether the last name of a path is not valid UTF-8 and so cannot be a key. */
export function isNameless(path: FilePath): boolean {
  return typeof path !== 'string' && !isUtf8(path.subarray(path.lastIndexOf(sep) + 1));
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
