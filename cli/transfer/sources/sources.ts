import { stat } from 'node:fs/promises';
import { basename, posix, resolve, sep } from 'node:path';
import { omitUndefined } from '../../../protocol/fields.ts';
import { command } from '../../command-line.ts';
import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { type FolderContext, ownFolders } from '../../settings/folders.ts';
import { asFolder, checkAs, checkPrefix } from '../typed-keys.ts';
import { checkClashes } from './clashes.ts';
import { type FilePath, findPath, isNameless, notUtf8, REPLACEMENT } from './file-path.ts';
import type { Filter, FilterOptions } from './filters.ts';
import type { Batches, FindOptions, Item, Root } from './items.ts';

/** The arguments and flags that name the sources. */
export interface SourceOptions extends FilterOptions {
  /** Paths as typed; `-` is standard input. Of a folder that ends in `/`, only the content is uploaded. */
  readonly files: readonly string[];
  /** The key of a single file, or the replacement for the name of a single folder. */
  readonly as?: string;
  /** Prefix of every key, unchanged; ends with `/` for a folder. */
  readonly prefix?: string;
  /** Folders are uploaded with everything below them. */
  readonly recursive?: boolean;
  /** A file of paths, one a line; `-` is standard input. The key of a listed path includes its folders. */
  readonly filesFrom?: string;
  /** NUL separates the paths of the list. */
  readonly null?: boolean;
}

/** The folder that paths are below, standard input, Ctrl-C, and what decides where edge-upload has its own folders. */
type SourceWorld = Pick<Context, 'cwd' | 'stdin' | 'signal'> & FolderContext;

/** The items of one command. Each call of `items` or `batches` finds them again, except standard input. */
export interface Sources {
  /** There can be more than one item. */
  readonly several: boolean;
  /** Items can be found a second time, to count them. */
  readonly repeatable: boolean;
  /**
   * @param warn called for skipped files and links.
   * @throws {UserError} while iterating: `interrupted` as soon as the world's signal is aborted.
   */
  items(warn: (text: string) => void): AsyncIterable<Item>;
  /** Like `items`, several at a time; never none. */
  batches(warn: (text: string) => void): AsyncIterable<readonly Item[]>;
}

/**
 * Checks the paths that were typed. Files in folders are found while the items are iterated.
 * @throws {UserError} `usage` if two paths have the same key, or options contradict each other.
 */
export async function openSources(options: SourceOptions, world: SourceWorld): Promise<Sources> {
  const { files, as, prefix = '', filesFrom } = options;
  const filter = await filterOf(options);
  checkTyped(options);
  if (prefix !== '') checkPrefix(prefix);
  if (filesFrom !== undefined) return openList(filesFrom, options, filter, world);
  if (files[0] === '-') {
    const { stdin: stream } = world;
    if (as !== undefined) checkAs({ as, prefix });
    const item: Item = { name: 'standard input', key: `${prefix}${as}`, kind: 'stream', stream };
    return sourcesOf({ several: false, repeatable: false }, () => single([item]));
  }
  const roots: Root[] = [];
  for (const name of files) roots.push(await typedRoot(name, options, world.cwd));
  const mayClash = roots.length > 1 && checkClashes(roots);
  const kind = { several: roots.length > 1 || roots.some(({ folder }) => folder), repeatable: true };
  const items = roots.flatMap(({ item }) => item ?? []);
  if (filter === EVERYTHING && items.length === roots.length) return sourcesOf(kind, () => single(items));
  const { findItems } = await import('./items.ts');
  return sourcesOf(kind, (warn) => findItems([roots], finding(filter, mayClash, warn, world)));
}

/** Opens the sources of a list of paths. */
async function openList(
  list: string,
  options: SourceOptions,
  filter: Filter,
  world: SourceWorld,
): Promise<Sources> {
  const [{ isRepeatable, listedPaths }, { findItems }] = await Promise.all([
    import('./files-from.ts'),
    import('./items.ts'),
  ]);
  const source = list === '-' ? world.stdin : await typedPath(list, world.cwd);
  const roots = async function* () {
    for await (const names of listedPaths(list, source, {
      nul: options.null === true,
      signal: world.signal,
    })) {
      const found: Root[] = [];
      for (const name of names) found.push(await listedRoot(name, options, world.cwd));
      yield found;
    }
  };
  const kind = { several: true, repeatable: await isRepeatable(source) };
  return sourcesOf(kind, (warn) => findItems(roots(), finding(filter, true, warn, world)));
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

async function* single(batch: readonly Item[]): Batches {
  yield batch;
}

/** Selects all files. */
const EVERYTHING: Filter = { takes: () => true, enters: () => true };

async function filterOf(options: FilterOptions): Promise<Filter> {
  const { include = [], exclude = [] } = options;
  if (include.length === 0 && exclude.length === 0) return EVERYTHING;
  return (await import('./filters.ts')).createFilter(options);
}

/** Warns if there are no items: a pattern can be mistyped, a list empty. An upload of nothing is not an error. */
function finding(
  filter: Filter,
  mayClash: boolean,
  warn: (text: string) => void,
  world: SourceWorld,
): FindOptions {
  const why = filter === EVERYTHING ? 'no file was found' : '--include and --exclude leave no file';
  return {
    filter,
    mayClash,
    ownFolders: ownFolders(world),
    warn,
    signal: world.signal,
    onNone: () => warn(`There is nothing to upload: ${why}.`),
  };
}

/** @throws {UserError} `usage` if the options contradict each other, or name nothing. */
function checkTyped({ files, as, filesFrom, null: nul = false }: SourceOptions): void {
  if (nul && filesFrom === undefined) {
    throw new UserError('usage', '--null is used with --files-from only.', {
      hint: ['For instance:', command`find . -name "*.jpg" -print0 | edge-upload put --files-from - --null`],
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
      hint: 'A shell variable may be unset.',
    });
  }
  if (files.length === 0) {
    throw new UserError('usage', 'There is no file to upload.', {
      hint: ['Name it:', command`edge-upload put <file…>`],
    });
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
        hint: ['Name it with --as, for instance:', command`tar c . | edge-upload put - --as backup.tar`],
      });
    }
  }
}

/** Returns the path that was typed; most are text without bytes that Node lost. */
async function typedPath(name: string, cwd: string): Promise<FilePath> {
  const path = resolve(cwd, name);
  return path.includes(REPLACEMENT) ? findPath(path, name) : path;
}

async function isFolder(path: FilePath): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}

/** Returns the item of a root; `undefined` for a folder. */
function itemOf(root: Omit<Root, 'item' | 'known'>, nameless: boolean): Item | undefined {
  const { name, key, path, folder } = root;
  if (nameless) return { name, key, kind: 'refused', error: notUtf8(name) };
  return folder ? undefined : { name, key, kind: 'file', path };
}

async function typedRoot(name: string, options: SourceOptions, cwd: string): Promise<Root> {
  const { as, prefix = '', recursive = false } = options;
  const path = await typedPath(name, cwd);
  const folder = recursive && (await isFolder(path));
  if (as !== undefined) checkAs({ as, prefix, source: name, folder });
  const known = folder ? folderName(name, cwd) : basename(resolve(cwd, name));
  const key = folder ? folderKey(name, cwd, options) : `${prefix}${as ?? known}`;
  const root = { name, path, folder, key };
  const isUnnamed = as === undefined && known !== '';
  const item = itemOf(root, isUnnamed && typeof path !== 'string' && isNameless(path));
  return { ...root, known, ...omitUndefined({ item }) };
}

async function listedRoot(
  name: string,
  { prefix = '', recursive = false }: SourceOptions,
  cwd: string,
): Promise<Root> {
  const path = await typedPath(name, cwd);
  const folder = recursive && (await isFolder(path));
  const listedAs = listedKey(name);
  const key = folder ? asFolder(listedAs) : listedAs || basename(resolve(cwd, name));
  const root = { name, path, folder, key: `${prefix}${key}` };
  const item = itemOf(root, typeof path !== 'string');
  return { ...root, known: key.replace(/\/$/, ''), ...omitUndefined({ item }) };
}

/** Returns a folder's name in keys. `dir/`, `.` and `..` have none: only their content is uploaded, as with rsync. */
function folderName(name: string, cwd: string): string {
  const isContent = name.endsWith('/') || name.endsWith(sep) || ['.', '..'].includes(basename(name));
  return isContent ? '' : basename(resolve(cwd, name));
}

/** Returns the prefix of the keys of a folder's files. */
export function folderKey(
  name: string,
  cwd: string,
  { as, prefix = '' }: Pick<SourceOptions, 'as' | 'prefix'>,
): string {
  return `${prefix}${asFolder(as ?? folderName(name, cwd))}`;
}

/** The key of a listed path includes its folders. Paths such as `.` and `../..` have no name. */
function listedKey(name: string): string {
  const path = posix.normalize(name.split(sep).join('/')).replace(/^\/+/, '');
  return /^(?:\.{1,2}(?:\/|$))+$/.test(path) ? '' : path;
}
