import type { Item } from './sources/sources.ts';

/** Remembers which files were stored, for `put --changed`. Its methods never throw for a disk. */
export interface StoredFiles {
  /** Whether the file as it is now was stored under the item's key; it is not sent then. */
  has(item: Item): boolean;
  /** Called once the store proved that it has the file, before that is reported. */
  add(item: Item): void;
  /** Called when the item's upload ended, stored or not. */
  ended(item: Item): void;
}
