import { basename, resolve } from 'node:path';
import { UserError } from '../errors.ts';
import type { Item } from './run.ts';

export interface SourceOptions {
  /** Paths as typed. */
  readonly files: readonly string[];
  /** The key of the one file, instead of its name. */
  readonly as?: string;
  /** Put in front of every key as it stands; ends with `/` where a folder is meant. */
  readonly prefix?: string;
}

/**
 * What goes where: the key is the prefix and then the file's own name, or `as` in its place.
 * @throws {UserError} `usage` where two files would get the same key, or `as` is given for several.
 */
export function planFiles({ files, as, prefix = '' }: SourceOptions, cwd: string): readonly Item[] {
  if (files.length === 0) throw new UserError('usage', 'There is no file to upload.');
  if (as !== undefined && files.length > 1) {
    throw new UserError('usage', `--as names one key, but there are ${files.length} files.`, {
      hint: 'Use --prefix to put several files under a common beginning.',
    });
  }
  const takenBy = new Map<string, string>();
  return files.map((file) => {
    const path = resolve(cwd, file);
    const key = `${prefix}${as ?? basename(path)}`;
    const other = takenBy.get(key);
    if (other !== undefined) {
      throw new UserError('usage', `${other} and ${file} would both be stored as “${key}”.`, {
        hint: 'Upload them one by one, with --as or --prefix.',
      });
    }
    takenBy.set(key, file);
    return { name: file, path, key };
  });
}
