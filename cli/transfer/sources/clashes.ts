import { createHash } from 'node:crypto';
import { UserError } from '../../errors.ts';
import type { Item } from './sources.ts';

/** The key of a file named, or what the keys of all files in a folder begin with. */
export interface KeyRange {
  /** As the user typed it. */
  readonly name: string;
  readonly folder: boolean;
  readonly key: string;
}

function clash(one: string, other: string, key: string): UserError {
  return new UserError('usage', `${one} and ${other} would both be stored as “${key}”.`, {
    hint: 'Upload them one by one, with --as or --prefix.',
  });
}

/**
 * Whether files found later could get the same key, so that each has to be looked at.
 * @throws {UserError} `usage` where two files named have the same key.
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

/** Bytes of a key's digest that are kept of it: 72 bits, so that millions of keys do not meet by chance. */
const KEPT = 9;

/** Passes items through, and refuses the second of two with the same key. Keeps some forty bytes a key. */
export function keyClashes(): (item: Item) => Item {
  const taken = new Set<string>();
  return (item) => {
    const digest = createHash('sha256').update(item.key).digest().toString('latin1', 0, KEPT);
    if (taken.has(digest)) {
      const { name, key } = item;
      return { name, key, kind: 'refused', error: clash('Another file', name, key) };
    }
    taken.add(digest);
    return item;
  };
}
