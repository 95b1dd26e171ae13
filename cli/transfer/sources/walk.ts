import { isUtf8 } from 'node:buffer';
import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, opendir, readdir, stat } from 'node:fs/promises';
import { interrupted, systemCode, type UserError } from '../../errors.ts';
import { whenFree } from './disk-calls.ts';
import { type FilePath, notUtf8, pathIn, REPLACEMENT } from './file-path.ts';
import { idOf, idsOf } from './file-stamp.ts';
import type { Filter } from './filters.ts';
import { pathError, readError } from './read-error.ts';

/** A file, or a folder or entry that could not be read. */
type Found =
  | { readonly path: FilePath; readonly relative: string }
  | { readonly path: FilePath; readonly relative: string; readonly error: UserError };

export interface WalkOptions {
  readonly filter: Filter;
  /** Returns the name in messages of a path below the folder, or of the folder itself (`''`). */
  readonly named: (relative: string) => string;
  /** Paths of folders that are skipped: edge-upload's own have sign-ins, and change during an upload. */
  readonly ownFolders: readonly string[];
  /** Called for skipped special files, circular links and own folders. */
  readonly warn: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Error codes of a broken link. */
const NOTHING: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

/** Names of a folder that are sorted in memory at a time. */
const SORTED_NAMES = 20_000;

/** Names that one call of the file system reads. */
const READ_NAMES = 256;

/** Maximum files that are yielded together: a step of an asynchronous generator costs more than finding a file. */
const TOGETHER = 64;

/** Files in their order. */
type FoundFiles = AsyncGenerator<readonly Found[], void, void>;

interface Walk extends Omit<WalkOptions, 'ownFolders'> {
  /** Ids of the skipped folders. */
  readonly own: ReadonlySet<string>;
}

/**
 * Yields all files below a folder in the order of their names; a folder of more than {@link SORTED_NAMES} in several runs.
 * Links are followed, except one that leads to a folder above it.
 */
export async function* walk(folder: FilePath, { ownFolders, ...options }: WalkOptions): FoundFiles {
  const stats = await stat(folder, { bigint: true });
  yield* enter(folder, '', stats, [], { ...options, own: await idsOf(ownFolders) });
}

/** Walks a folder, unless it is above itself or one of edge-upload's own. */
async function* enter(
  path: FilePath,
  relative: string,
  stats: BigIntStats,
  above: readonly string[],
  options: Walk,
): FoundFiles {
  const { named, warn, own } = options;
  const id = idOf(stats);
  if (own.has(id)) warn(`Skipped ${named(relative)}: edge-upload keeps its own files there.`);
  else if (above.includes(id)) warn(`Skipped ${named(relative)}: the link leads to a folder above it.`);
  else yield* walkFolder(path, relative === '' ? '' : `${relative}/`, [...above, id], options);
}

async function* walkFolder(
  folder: FilePath,
  prefix: string,
  above: readonly string[],
  options: Walk,
): FoundFiles {
  const { signal, named } = options;
  try {
    let doubtful = false;
    let names: string[] = [];
    // Most entries are files, of which a name takes the least memory.
    const others = new Map<string, Dirent>();
    for await (const entry of await whenFree(() => opendir(folder, { bufferSize: READ_NAMES }), signal)) {
      if (signal.aborted) throw interrupted();
      // Its bytes may not be UTF-8; they are read again below.
      if (entry.name.includes(REPLACEMENT)) {
        doubtful = true;
        continue;
      }
      names.push(entry.name);
      if (!entry.isFile()) others.set(entry.name, entry);
      if (names.length === SORTED_NAMES) {
        yield* visitSorted(names, others, folder, prefix, above, options);
        names = [];
        others.clear();
      }
    }
    yield* visitSorted(names, others, folder, prefix, above, options);
    if (doubtful) yield* visitDoubtful(folder, prefix, above, options);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    yield [{ path: folder, relative: prefix, error: readError(named(prefix), error) }];
  }
}

async function* visitSorted(
  names: string[],
  others: ReadonlyMap<string, Dirent>,
  folder: FilePath,
  prefix: string,
  above: readonly string[],
  options: Walk,
): FoundFiles {
  const { filter, signal } = options;
  names.sort();
  let files: Found[] = [];
  for (const name of names) {
    // Filters can leave nothing to yield for a long time.
    if (signal.aborted) throw interrupted();
    const path = pathIn(folder, name);
    const relative = prefix + name;
    const other = others.get(name);
    if (other === undefined && filter.takes(relative)) files.push({ path, relative });
    if (files.length > 0 && (other !== undefined || files.length === TOGETHER)) {
      yield files;
      files = [];
    }
    if (other !== undefined) yield* visit(other, path, relative, above, options);
  }
  if (files.length > 0) yield files;
}

/** Visits names with U+FFFD. Those that contain it are visited, those whose bytes are not UTF-8 are refused. */
async function* visitDoubtful(
  folder: FilePath,
  prefix: string,
  above: readonly string[],
  options: Walk,
): FoundFiles {
  const { filter, named } = options;
  for (const name of await readdir(folder, { encoding: 'buffer' })) {
    const text = name.toString();
    if (!text.includes(REPLACEMENT)) continue;
    const relative = `${prefix}${text}`;
    const path = pathIn(folder, isUtf8(name) ? text : name);
    const found = await lstat(path);
    if (isUtf8(name)) yield* visit(found, path, relative, above, options);
    else if (filter.takes(relative) || (!found.isFile() && filter.enters(relative))) {
      yield [{ path, relative, error: notUtf8(named(relative)) }];
    }
  }
}

async function* visit(
  entry: Pick<Dirent, 'isFile' | 'isDirectory'>,
  path: FilePath,
  relative: string,
  above: readonly string[],
  options: Walk,
): FoundFiles {
  const { filter, named, warn } = options;
  if (entry.isFile()) {
    if (filter.takes(relative)) yield [{ path, relative }];
    return;
  }
  let stats: BigIntStats;
  try {
    stats = await stat(path, { bigint: true });
  } catch (error) {
    // It can be a folder with selected files, unless it is a broken link.
    const nothing = !entry.isDirectory() && NOTHING.has(systemCode(error));
    if (filter.takes(relative) || (!nothing && filter.enters(relative))) {
      yield [{ path, relative, error: pathError(path, named(relative), error) }];
    }
    return;
  }
  if (stats.isDirectory()) {
    if (filter.enters(relative)) yield* enter(path, relative, stats, above, options);
  } else if (filter.takes(relative)) {
    if (stats.isFile()) yield [{ path, relative }];
    else warn(`Skipped ${named(relative)}: it is neither a file nor a folder.`);
  }
}
