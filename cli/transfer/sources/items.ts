import { join, sep } from 'node:path';
import type { Readable } from 'node:stream';
import type { UserError } from '../../errors.ts';
import { type KeyRange, keyClashes } from './clashes.ts';
import type { FilePath } from './file-path.ts';
import type { FileStamp } from './file-stamp.ts';
import { untilAborted } from './until-aborted.ts';
import { type WalkOptions, walk } from './walk.ts';

/** A source with its key, or the reason why it cannot be uploaded. */
export type Item = {
  /** As the user typed or would type it. */
  readonly name: string;
  readonly key: string;
} & (
  | {
      readonly kind: 'file';
      readonly path: FilePath;
      /** A folder listed it as a regular file; paths that were typed are checked later. */
      readonly found?: true;
      /** Its state when it was found, at a path without links. It is not read in another state. */
      readonly expected?: FileStamp;
    }
  | {
      readonly kind: 'stream';
      readonly stream: Readable;
      /** Bytes, if known. */
      readonly size?: number;
    }
  | { readonly kind: 'refused'; readonly error: UserError }
);

/** Items in their order, several at a time: a step of an asynchronous generator costs more than finding a file. */
export type Batches = AsyncGenerator<readonly Item[], void, void>;

/** A file or folder that was typed or listed. */
export interface Root extends KeyRange {
  readonly path: FilePath;
  /** The name that patterns match; empty for a folder of which only the content is uploaded. */
  readonly known: string;
  /** Absent for a folder, whose files are items. A folder is an item only if its name cannot be a key. */
  readonly item?: Item;
}

export interface FindOptions extends Omit<WalkOptions, 'named'> {
  /** Two items can have the same key. */
  readonly mayClash: boolean;
  /** Called once if there are no items. */
  readonly onNone: () => void;
}

/**
 * Finds the items of roots: those of folders one after another, those of other roots together.
 * @throws {UserError} while iterating: `interrupted` as soon as the signal is aborted.
 */
export function findItems(
  roots: Iterable<readonly Root[]> | AsyncIterable<readonly Root[]>,
  options: FindOptions,
): Batches {
  const items = inRoots(roots, options);
  return untilAborted(
    orNone(options.mayClash ? withoutClashes(items) : items, options.onNone),
    options.signal,
  );
}

async function* inRoots(
  pieces: Iterable<readonly Root[]> | AsyncIterable<readonly Root[]>,
  options: FindOptions,
): Batches {
  const { filter } = options;
  for await (const roots of pieces) {
    let items: Item[] = [];
    for (const root of roots) {
      const { item, known, folder } = root;
      if (item === undefined) {
        if (items.length > 0) yield items;
        items = [];
        yield* inFolder(root, options);
      } else if (filter.takes(known) || (folder && filter.enters(known))) {
        items.push(item);
      }
    }
    if (items.length > 0) yield items;
  }
}

async function* inFolder({ name, path, key, known }: Root, options: FindOptions): Batches {
  const { filter, ownFolders, warn, signal } = options;
  if (known !== '' && !filter.enters(known)) return;
  // For a folder of many files, `join` would cost more than finding them.
  const base = join(name, 'x').slice(0, -1);
  const named = (relative: string) =>
    relative === '' ? name : base + (sep === '/' ? relative : relative.replaceAll('/', sep));
  for await (const found of walk(path, { filter, named, ownFolders, warn, signal })) {
    yield found.map((one): Item => {
      const { path, relative } = one;
      // Members after a spread would cost a new hidden class for each object, which only a full collection frees.
      const names = { name: named(relative), key: key + relative };
      return 'error' in one
        ? { kind: 'refused', error: one.error, ...names }
        : { kind: 'file', path, found: true, ...names };
    });
  }
}

/** Refuses the second of two items with the same key. */
async function* withoutClashes(batches: Batches): Batches {
  const clashOf = keyClashes();
  for await (const batch of batches) {
    yield batch.map((item): Item => {
      const error = clashOf(item);
      const { name, key } = item;
      return error === undefined ? item : { name, key, kind: 'refused', error };
    });
  }
}

async function* orNone(batches: Batches, onNone: () => void): Batches {
  let some = false;
  for await (const batch of batches) {
    some = true;
    yield batch;
  }
  if (!some) onNone();
}
