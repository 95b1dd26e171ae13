import type { TextLine } from './shown.ts';

/** Returns a line for each value, behind its label; values of several words are broken between them. */
export function fields(rows: readonly (readonly [label: string, value: string | undefined])[]): TextLine[] {
  const shown = rows.flatMap(([label, value]) => (value === undefined ? [] : [[label, value] as const]));
  const width = Math.max(0, ...shown.map(([label]) => label.length)) + 2;
  return shown.map(([label, value]) => ({ head: label.padEnd(width), text: value }));
}
