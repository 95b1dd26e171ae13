import stringWidth from 'fast-string-width';
import { type TextLine, visible } from './shown.ts';

export interface TableOptions {
  /** Indexes of the columns with numbers. */
  readonly right?: readonly number[];
}

/** Returns the lines of a table with a header row. The last column has no fixed width. */
export function tableLines(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  { right = [] }: TableOptions = {},
): TextLine[] {
  const all = [header, ...rows].map((row) => row.map(visible));
  const widths = header.map((_, at) => Math.max(...all.map((row) => stringWidth(row[at] ?? ''))));
  const lines = all.map((row) =>
    row
      .map((cell, at) => {
        const space = ' '.repeat((widths[at] ?? 0) - stringWidth(cell));
        return right.includes(at) ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd(),
  );
  return lines.map((text, at) => (at === 0 ? { style: 'bold', text } : text));
}

/** Returns a line for each value, after its label. Values are wrapped between words, except paths. */
export function fields(rows: readonly (readonly [label: string, value: string | undefined])[]): TextLine[] {
  const shown = rows.flatMap(([label, value]) => (value === undefined ? [] : [[label, value] as const]));
  const width = Math.max(0, ...shown.map(([label]) => label.length)) + 2;
  return shown.map(([label, value]) => ({ head: label.padEnd(width), text: value }));
}
