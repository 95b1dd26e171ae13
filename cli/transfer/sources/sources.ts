import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join, posix, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import type { UserError } from '../../errors.ts';
import { checkClashes, type KeyRange, keyClashes } from './clashes.ts';
import { type FilePath, findPath, isNameless, notUtf8 } from './file-path.ts';
import type { FileStamp } from './file-stamp.ts';
import { isRepeatable, type ListOptions, type ListWorld, listedPaths } from './files-from.ts';
import { createFilter, type Filter, type FilterOptions } from './filters.ts';
import { checkTyped, type TypedSources } from './typed-sources.ts';
import { untilAborted } from './until-aborted.ts';
import { type WalkOptions, walk } from './walk.ts';

/** What to upload and where it goes, or why it cannot be uploaded. */
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
      /** The state in which it was found, at a path without links. In another state it is not read. */
      readonly expected?: FileStamp;
    }
  | {
      readonly kind: 'stream';
      readonly stream: Readable;
      /** Bytes, where they are known. */
      readonly size?: number;
    }
  | { readonly kind: 'refused'; readonly error: UserError }
);

export interface SourceOptions extends FilterOptions, TypedSources {
  /** Begins every key as it stands; ends with `/` where a folder is meant. */
  readonly prefix?: string;
  /** Folders are uploaded with everything below them. */
  readonly recursive?: boolean;
}

/** Items in their order, several at a time: a step of an asynchronous generator costs more than finding a file. */
type Batches = AsyncGenerator<readonly Item[], void, void>;

/** The items of one command. Each call of `items` or `batches` finds them again, except standard input. */
export interface Sources {
  /** More than one item may come. */
  readonly several: boolean;
  /** Items can be found a second time, to count them. */
  readonly repeatable: boolean;
  /**
   * @param warn called for what is skipped.
   * @throws {UserError} while iterating: `interrupted` as soon as the world's signal is aborted.
   */
  items(warn: (text: string) => void): AsyncIterable<Item>;
  /** Like `items`, several at a time; never none. */
  batches(warn: (text: string) => void): AsyncIterable<readonly Item[]>;
}

type Walking = Omit<WalkOptions, 'named'>;

/** Something named on the command line. */
interface Root extends KeyRange {
  readonly path: FilePath;
  /** Its name would be in its key, and is not valid UTF-8. */
  readonly nameless: boolean;
  /** The name that patterns match; empty for a folder whose content alone is uploaded. */
  readonly known: string;
}

/**
 * Checks the paths that were typed. Files in folders are found while the items are iterated.
 * @throws {UserError} `usage` where two paths have the same key, or options do not go together.
 */
export async function openSources(options: SourceOptions, world: ListWorld): Promise<Sources> {
  const { files, as, prefix = '', recursive = false, filesFrom } = options;
  const { signal } = world;
  const filter = createFilter(options);
  checkTyped(options);
  if (filesFrom !== undefined) {
    const repeatable = await isRepeatable(filesFrom, world.cwd);
    return sourcesOf({ several: true, repeatable }, (warn) => {
      const listing = { prefix, recursive, filter, warn, signal, nul: options.null === true };
      const items = withoutClashes(listed(filesFrom, listing, world));
      return untilAborted(orWarning(items, options, warn), signal);
    });
  }
  if (files[0] === '-') {
    const { stdin: stream } = world;
    const item: Item = { name: 'standard input', key: `${prefix}${as}`, kind: 'stream', stream };
    return sourcesOf({ several: false, repeatable: false }, () => single([item]));
  }
  const roots: Root[] = [];
  for (const name of files) {
    const path = await findPath(world.cwd, name);
    const folder = recursive && (await stat(path).catch(() => undefined))?.isDirectory() === true;
    const known = folder ? folderName(name, world.cwd) : basename(resolve(world.cwd, name));
    const nameless = as === undefined && known !== '' && isNameless(path);
    const key = folder ? folderKey(name, world.cwd, options) : `${prefix}${as ?? known}`;
    roots.push({ name, path, nameless, folder, known, key });
  }
  const overlapping = checkClashes(roots);
  const several = roots.length > 1 || roots.some(({ folder }) => folder);
  return sourcesOf({ several, repeatable: true }, (warn) => {
    const items = eachOf(roots, { filter, warn, signal });
    return untilAborted(orWarning(overlapping ? withoutClashes(items) : items, options, warn), signal);
  });
}

function sourcesOf(
  { several, repeatable }: Pick<Sources, 'several' | 'repeatable'>,
  batches: (warn: (text: string) => void) => Batches,
): Sources {
  return {
    several,
    repeatable,
    batches,
    async *items(warn) {
      for await (const batch of batches(warn)) yield* batch;
    },
  };
}

/** Warns where there are no items: a pattern may be mistyped, a list may be empty. An upload of nothing is no error. */
async function* orWarning(
  batches: Batches,
  { include = [], exclude = [] }: FilterOptions,
  warn: (text: string) => void,
): Batches {
  let some = false;
  for await (const batch of batches) {
    some = true;
    yield batch;
  }
  if (some) return;
  const filtered = include.length > 0 || exclude.length > 0;
  warn(
    filtered
      ? 'There is nothing to upload: --include and --exclude leave no file.'
      : 'There is nothing to upload: no file was found.',
  );
}

/** Returns a folder's name in keys. `dir/`, `.` and `..` have none: they stand for its content, as with rsync. */
function folderName(name: string, cwd: string): string {
  const isContent = name.endsWith('/') || name.endsWith(sep) || ['.', '..'].includes(basename(name));
  return isContent ? '' : basename(resolve(cwd, name));
}

/** A key as a prefix: with one `/` at its end, or empty. */
function asFolder(key: string): string {
  const bare = key.replace(/\/+$/, '');
  return bare === '' ? '' : `${bare}/`;
}

/** Returns what begins the keys of a folder's files. */
export function folderKey(
  name: string,
  cwd: string,
  { as, prefix = '' }: Pick<SourceOptions, 'as' | 'prefix'>,
): string {
  return `${prefix}${asFolder(as ?? folderName(name, cwd))}`;
}

/** A listed path keeps its folders in its key. Paths such as `.` and `../..` have no name of their own. */
function listedKey(name: string): string {
  const path = posix.normalize(name.split(sep).join('/')).replace(/^\/+/, '');
  return /^(?:\.{1,2}(?:\/|$))+$/.test(path) ? '' : path;
}

/** Returns the item of what is not a folder, or of a root that is refused; `undefined` where the filter leaves it out. */
function itemOf({ name, path, nameless, folder, key, known }: Root, filter: Filter): Item | undefined {
  const taken = filter.takes(known) || (nameless && folder && filter.enters(known));
  if (!taken) return undefined;
  return nameless ? { name, key, kind: 'refused', error: notUtf8(name) } : { name, key, kind: 'file', path };
}

async function* inFolder({ name, path, key, known }: Root, { filter, warn, signal }: Walking): Batches {
  if (known !== '' && !filter.enters(known)) return;
  // For a folder of many files, `join` would cost more than finding them.
  const base = join(name, 'x').slice(0, -1);
  const named = (relative: string) =>
    relative === '' ? name : base + (sep === '/' ? relative : relative.replaceAll('/', sep));
  for await (const found of walk(path, { filter, named, warn, signal })) {
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

/** Yields the items of roots: one after another those of folders, together those of other roots. */
async function* eachOf(roots: Iterable<Root>, walking: Walking): Batches {
  let items: Item[] = [];
  for (const root of roots) {
    if (root.folder && !root.nameless) {
      if (items.length > 0) yield items;
      items = [];
      yield* inFolder(root, walking);
      continue;
    }
    const item = itemOf(root, walking.filter);
    if (item !== undefined) items.push(item);
  }
  if (items.length > 0) yield items;
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

async function* listed(
  list: string,
  { prefix, recursive, nul, ...walking }: Walking & ListOptions & { prefix: string; recursive: boolean },
  world: ListWorld,
): Batches {
  for await (const names of listedPaths(list, world, { nul })) {
    const roots: Root[] = [];
    for (const name of names) {
      const path = await findPath(world.cwd, name);
      const folder =
        recursive && (await stat(path).catch((): Stats | undefined => undefined))?.isDirectory() === true;
      const listedAs = listedKey(name);
      const key = folder ? asFolder(listedAs) : listedAs || basename(resolve(world.cwd, name));
      const known = key.replace(/\/$/, '');
      roots.push({ name, path, nameless: typeof path !== 'string', folder, known, key: `${prefix}${key}` });
    }
    yield* eachOf(roots, walking);
  }
}

async function* single(batch: readonly Item[]): Batches {
  yield batch;
}
