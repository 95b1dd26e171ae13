import picomatch from 'picomatch';
import { UserError } from '../../errors.ts';

export interface FilterOptions {
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

/** Which of the files found are taken; paths are relative to the folder that was named, with `/` between folders. */
export interface Filter {
  takes(path: string): boolean;
  /** Whether a folder can hold anything that is taken. */
  enters(folder: string): boolean;
}

interface Matcher {
  file(path: string): boolean;
  folder(path: string): boolean;
  /** By a pattern that ends in `/`. */
  wholeFolder(path: string): boolean;
}

/**
 * Glob patterns; one without `/` but at its end is held against the name alone, wherever the file is. Dot files are files.
 * @throws {UserError} `usage` for one that names nothing.
 */
function matcher(patterns: readonly string[]): Matcher {
  const matchers = patterns.map((typed) => {
    const whole = typed.endsWith('/');
    const pattern = typed.replace(/\/+$/, '');
    const bare = pattern.replace(/^\.?(?:\/|$)/, '');
    if (bare === '') throw new UserError('usage', `“${typed}” is no pattern: it names no file.`);
    const matches = picomatch(bare, { dot: true, nonegate: true, basename: !pattern.includes('/') });
    return { whole, matches };
  });
  return {
    file: (path) => matchers.some(({ whole, matches }) => !whole && matches(path)),
    folder: (path) => matchers.some(({ matches }) => matches(path)),
    wholeFolder: (path) => matchers.some(({ whole, matches }) => whole && matches(path)),
  };
}

/** The folders that a path lies in, the outermost first. */
function* foldersOf(path: string): Generator<string, void, void> {
  for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) yield path.slice(0, at);
}

function liesIn(path: string, matches: (folder: string) => boolean): boolean {
  for (const folder of foldersOf(path)) if (matches(folder)) return true;
  return false;
}

/**
 * A file is taken when an `include` matches it, or with `/` at its end a folder that it lies in, or none is given, and
 * no `exclude` matches it or a folder that it lies in.
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
