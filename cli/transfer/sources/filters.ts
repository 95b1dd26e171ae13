import picomatch from 'picomatch';
import { UserError } from '../../errors.ts';

export interface FilterOptions {
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

/** Selects files by their paths: relative to the folder that was typed, with `/` between folders. */
export interface Filter {
  takes(path: string): boolean;
  /** Whether a folder can contain selected files. */
  enters(folder: string): boolean;
}

interface Matcher {
  file(path: string): boolean;
  folder(path: string): boolean;
  /** Matches by a pattern that ends in `/`. */
  wholeFolder(path: string): boolean;
}

/**
 * Compiles glob patterns. One without `/`, except at its end, matches the name alone in every folder. Dot files match.
 * @throws {UserError} `usage` for a pattern that names nothing.
 */
function matcher(patterns: readonly string[]): Matcher {
  const matchers = patterns.map((typed) => {
    const whole = typed.endsWith('/');
    const pattern = typed.replace(/\/+$/, '');
    const bare = pattern.replace(/^\.?(?:\/|$)/, '');
    if (bare === '') throw new UserError('usage', `“${typed}” is not a pattern: it names no file.`);
    const matches = picomatch(bare, { dot: true, nonegate: true, basename: !pattern.includes('/') });
    return { whole, matches };
  });
  return {
    file: (path) => matchers.some(({ whole, matches }) => !whole && matches(path)),
    folder: (path) => matchers.some(({ matches }) => matches(path)),
    wholeFolder: (path) => matchers.some(({ whole, matches }) => whole && matches(path)),
  };
}

/** Yields the folders above a path, the outermost first. */
function* foldersOf(path: string): Generator<string, void, void> {
  for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) yield path.slice(0, at);
}

function liesIn(path: string, matches: (folder: string) => boolean): boolean {
  for (const folder of foldersOf(path)) if (matches(folder)) return true;
  return false;
}

/**
 * Creates a filter. `include` selects files it matches, and with `/` at its end those in folders it matches; without any,
 * all files. `exclude` then removes files it matches, and those in folders it matches.
 * @throws {UserError} `usage` for a pattern that names nothing.
 */
export function createFilter({ include = [], exclude = [] }: FilterOptions): Filter {
  const [included, excluded] = [matcher(include), matcher(exclude)];
  const wanted = (path: string) =>
    include.length === 0 || included.file(path) || liesIn(path, included.wholeFolder);
  const inExcluded = (path: string) => exclude.length > 0 && liesIn(path, excluded.folder);
  return {
    takes: (path) => wanted(path) && !excluded.file(path) && !inExcluded(path),
    enters: (folder) => !excluded.folder(folder) && !inExcluded(folder),
  };
}
