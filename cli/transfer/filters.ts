import picomatch from 'picomatch';

export interface FilterOptions {
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

/** Which of the files found are taken; paths are relative to what was named, with `/` between folders. */
export interface Filter {
  takes(path: string): boolean;
  /** Whether a folder can hold anything that is taken. */
  enters(folder: string): boolean;
}

/** Glob patterns; one without `/` but at its end is held against the name alone, wherever the file is. Dot files are files. */
function matcher(patterns: readonly string[]): (path: string) => boolean {
  const matchers = patterns.map((typed) => {
    const pattern = typed.replace(/(.)\/$/, '$1');
    const options = { dot: true, nonegate: true, basename: !pattern.includes('/') };
    return picomatch(pattern.replace(/^\.?\//, ''), options);
  });
  return (path) => matchers.some((matches) => matches(path));
}

/**
 * A file is taken when an `include` matches, or none is given, and no `exclude` does. A folder that an `exclude` matches
 * is not entered.
 */
export function createFilter({ include = [], exclude = [] }: FilterOptions): Filter {
  const included = include.length === 0 ? () => true : matcher(include);
  const excluded = exclude.length === 0 ? () => false : matcher(exclude);
  return {
    takes: (path) => included(path) && !excluded(path),
    enters: (folder) => !excluded(folder),
  };
}
