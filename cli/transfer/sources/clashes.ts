import { createHash } from 'node:crypto';
import { UserError } from '../../errors.ts';

/** The key of a file, or the prefix of a folder's keys. */
export interface KeyRange {
  /** As the user typed it. */
  readonly name: string;
  readonly folder: boolean;
  readonly key: string;
}

function clash(one: string, other: string, key: string): UserError {
  return new UserError('usage', `${one} and ${other} would both be stored as “${key}”.`, {
    hint: 'Upload them one by one with --as or --prefix.',
  });
}

/**
 * Returns whether files found later could have the same key, so that each key has to be checked.
 * @throws {UserError} `usage` if two files have the same key.
 */
export function checkClashes(ranges: readonly KeyRange[]): boolean {
  const files = new Map<string, string>();
  for (const { name, folder, key } of ranges) {
    if (folder) continue;
    const other = files.get(key);
    if (other !== undefined) throw clash(other, name, key);
    files.set(key, name);
  }
  const folders = ranges.filter(({ folder }) => folder);
  return folders.some((folder) =>
    ranges.some((other) => {
      if (other === folder) return false;
      return other.key.startsWith(folder.key) || (other.folder && folder.key.startsWith(other.key));
    }),
  );
}

/** Bytes of a key's digest: 72 bits, so that millions of keys do not collide. */
const KEPT = 9;

/**
 * Returns a function that checks keys one by one, and returns an error for a repeated one. It stores about forty bytes
 * a key.
 */
export function keyClashes(): (item: {
  readonly name: string;
  readonly key: string;
}) => UserError | undefined {
  const taken = new Set<string>();
  return ({ name, key }) => {
    const digest = createHash('sha256').update(key).digest().toString('latin1', 0, KEPT);
    if (taken.has(digest)) return clash('Another file', name, key);
    taken.add(digest);
    return undefined;
  };
}
