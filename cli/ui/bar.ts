import type { Symbols } from './shown.ts';

/** A bar narrower than this shows nothing. */
const LEAST = 8;
const MOST = 30;

/** Returns a bar of at most `columns` columns, filled by `share` (0 to 1); empty where there is no space for one. */
export function bar(share: number, columns: number, { bar: { full, empty } }: Symbols): string {
  if (columns < LEAST) return '';
  const width = Math.min(columns, MOST);
  const filled = Math.floor(Math.min(1, Math.max(0, share)) * width);
  return full.repeat(filled) + empty.repeat(width - filled);
}
