import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join, posix, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { UserError } from '../../errors.ts';
import { checkClashes, type KeyRange, keyClashes } from './clashes.ts';
import { type FilePath, findPath, isNameless, notUtf8 } from './file-path.ts';
import { isRepeatable, type ListOptions, type ListWorld, listedPaths } from './files-from.ts';
import { createFilter, type FilterOptions } from './filters.ts';
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
    }
  | { readonly kind: 'stream'; readonly stream: Readable }
  | { readonly kind: 'refused'; readonly error: UserError }
);

export interface SourceOptions extends FilterOptions {
  /** Paths as typed; `-` is standard input. A folder that ends in `/` stands for its content. */
  readonly files: readonly string[];
  /** The key of a single file, or what replaces the name of a single folder. */
  readonly as?: string;
  /** Begins every key as it stands; ends with `/` where a folder is meant. */
  readonly prefix?: string;
  /** Folders are uploaded with everything below them. */
  readonly recursive?: boolean;
  /** A file of paths, one a line; `-` is standard input. A path listed keeps its folders in its key. */
  readonly filesFrom?: string;
  /** NUL separates the paths of the list. */
  readonly null?: boolean;
}

/** The items of one command. Each call of `items` finds them again, except standard input. */
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
}

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
  checkUsage(options);
  if (filesFrom !== undefined) {
    return {
      several: true,
      repeatable: await isRepeatable(filesFrom, world.cwd),
      items(warn) {
        const listing = { prefix, recursive, filter, warn, signal, nul: options.null === true };
        return untilAborted(
          orWarning(withoutClashes(listed(filesFrom, listing, world)), options, warn),
          signal,
        );
      },
    };
  }
  if (files[0] === '-') {
    const item: Item = {
      name: 'standard input',
      key: `${prefix}${as}`,
      kind: 'stream',
      stream: world.stdin,
    };
    return { several: false, repeatable: false, items: () => stream([item]) };
  }
  const roots: Root[] = [];
  for (const name of files) {
    const path = await findPath(world.cwd, name);
    const folder = recursive && (await stat(path).catch(() => undefined))?.isDirectory() === true;
    const known = folder && isContentOnly(name) ? '' : basename(resolve(world.cwd, name));
    const key = as ?? known;
    const nameless = as === undefined && known !== '' && isNameless(path);
    roots.push({ name, path, nameless, folder, known, key: `${prefix}${folder ? asFolder(key) : key}` });
  }
  const overlapping = checkClashes(roots);
  return {
    several: roots.length > 1 || roots.some(({ folder }) => folder),
    repeatable: true,
    items: (warn) =>
      untilAborted(orWarning(named(roots, overlapping, { filter, warn, signal }), options, warn), signal),
  };
}

/** Warns where there are no items: a pattern may be mistyped, a list may be empty. An upload of nothing is no error. */
async function* orWarning(
  items: AsyncIterable<Item>,
  { include = [], exclude = [] }: FilterOptions,
  warn: (text: string) => void,
): AsyncGenerator<Item, void, void> {
  let some = false;
  for await (const item of items) {
    some = true;
    yield item;
  }
  if (some) return;
  const filtered = include.length > 0 || exclude.length > 0;
  warn(
    filtered
      ? 'There is nothing to upload: --include and --exclude leave no file.'
      : 'There is nothing to upload: no file was found.',
  );
}

function checkUsage({ files, as, filesFrom, null: nul = false }: SourceOptions): void {
  if (nul && filesFrom === undefined) {
    throw new UserError('usage', '--null is used with --files-from only.', {
      hint: ['For instance:', '  find . -name "*.jpg" -print0 | edge-upload put --files-from - --null'],
    });
  }
  if (filesFrom !== undefined) {
    if (files.length > 0) throw new UserError('usage', '--files-from is not used with file names.');
    if (as !== undefined)
      throw new UserError('usage', '--as names one key, but --files-from names many files.');
    return;
  }
  if (files.includes('')) {
    throw new UserError('usage', 'One of the files has an empty name.', {
      hint: 'A shell variable may not be set.',
    });
  }
  if (files.length === 0) {
    throw new UserError('usage', 'There is no file to upload.', { hint: 'Name it: edge-upload put <file…>' });
  }
  if (as !== undefined && files.length > 1) {
    throw new UserError('usage', `--as names one key, but there are ${files.length} files.`, {
      hint: 'Use --prefix to upload several files below a common prefix.',
    });
  }
  if (files.includes('-')) {
    if (files.length > 1) throw new UserError('usage', 'Standard input (-) is not used with other files.');
    if (as === undefined) {
      throw new UserError('usage', 'Standard input needs a key.', {
        hint: ['Name it with --as, for instance:', '  tar c . | edge-upload put - --as backup.tar'],
      });
    }
  }
}

/** `dir/`, `.` and `..` stand for the folder's content, as with rsync; `dir` for the folder itself. */
function isContentOnly(name: string): boolean {
  return name.endsWith('/') || name.endsWith(sep) || ['.', '..'].includes(basename(name));
}

/** A key as a prefix: with one `/` at its end, or empty. */
function asFolder(key: string): string {
  const bare = key.replace(/\/+$/, '');
  return bare === '' ? '' : `${bare}/`;
}

/** A listed path keeps its folders in its key. Paths such as `.` and `../..` have no name of their own. */
function listedKey(name: string): string {
  const path = posix.normalize(name.split(sep).join('/')).replace(/^\/+/, '');
  return /^(?:\.{1,2}(?:\/|$))+$/.test(path) ? '' : path;
}

async function* below(
  { name, path, nameless, folder, key, known }: Root,
  { filter, warn, signal }: WalkOptions,
): AsyncGenerator<Item, void, void> {
  if (nameless && (filter.takes(known) || (folder && filter.enters(known)))) {
    yield { name, key, kind: 'refused', error: notUtf8(name) };
    return;
  }
  if (!folder) {
    if (filter.takes(known)) yield { name, key, kind: 'file', path };
    return;
  }
  if (known !== '' && !filter.enters(known)) return;
  // For a folder of many files, `join` would cost more than finding them.
  const base = join(name, 'x').slice(0, -1);
  for await (const found of walk(path, { filter, warn, signal })) {
    const name = base + (sep === '/' ? found.relative : found.relative.replaceAll('/', sep));
    const item = { name, key: key + found.relative };
    if ('error' in found) yield { ...item, kind: 'refused', error: found.error };
    else yield { ...item, kind: 'file', path: found.path, found: true };
  }
}

function named(roots: readonly Root[], overlapping: boolean, walking: WalkOptions): AsyncIterable<Item> {
  const items = eachOf(roots, walking);
  return overlapping ? withoutClashes(items) : items;
}

async function* eachOf(roots: readonly Root[], walking: WalkOptions): AsyncGenerator<Item, void, void> {
  for (const root of roots) yield* below(root, walking);
}

/** Refuses the second of two items with the same key. */
async function* withoutClashes(items: AsyncIterable<Item>): AsyncGenerator<Item, void, void> {
  const clashOf = keyClashes();
  for await (const item of items) {
    const error = clashOf(item);
    const { name, key } = item;
    yield error === undefined ? item : { name, key, kind: 'refused', error };
  }
}

async function* listed(
  list: string,
  { prefix, recursive, nul, ...walking }: WalkOptions & ListOptions & { prefix: string; recursive: boolean },
  world: ListWorld,
): AsyncGenerator<Item, void, void> {
  for await (const name of listedPaths(list, world, { nul })) {
    const path = await findPath(world.cwd, name);
    const folder =
      recursive && (await stat(path).catch((): Stats | undefined => undefined))?.isDirectory() === true;
    const listedAs = listedKey(name);
    const key = folder ? asFolder(listedAs) : listedAs || basename(resolve(world.cwd, name));
    const known = key.replace(/\/$/, '');
    const root = { name, path, nameless: typeof path !== 'string', folder, known, key: `${prefix}${key}` };
    yield* below(root, walking);
  }
}

async function* stream<T>(items: readonly T[]): AsyncGenerator<T, void, void> {
  yield* items;
}
