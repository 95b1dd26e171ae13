import { type Text, visible } from './shown.ts';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `0 B`, `812 B`, `1.4 MiB`: three significant figures at most, binary units. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1023.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const figures =
    unit === 0 || value >= 99.95 ? Math.round(value).toString() : value.toFixed(value >= 9.995 ? 1 : 2);
  return `${figures} ${UNITS[unit]}`;
}

/** A limit, without decimals that say nothing: `5 GiB`, `1.5 GiB`. */
export function formatLimit(bytes: number): string {
  return formatBytes(bytes)
    .replace(/(\.\d*?)0+ /, '$1 ')
    .replace('. ', ' ');
}

/** `850 ms`, `4.2 s`, `3m 05s`, `2h 10m`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`;
}

/** `1 file`, `2 files`. */
export function count(amount: number, noun: string): string {
  return `${amount.toLocaleString('en-US')} ${noun}${amount === 1 ? '' : 's'}`;
}

/** Breaks text between words so that no line is wider than `width`; lines after the first begin with `indent`. */
export function wrap(text: string, width: number, indent = ''): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(last === undefined ? word : indent + word);
  }
  return lines.join('\n');
}

/**
 * Breaks the prose of a text between words, for a terminal would break it within them. Lines that are indented or in
 * columns stay whole: they are commands, paths and tables.
 */
export function wrapText(text: Text, width: number): Text {
  return (typeof text === 'string' ? [text] : text).flatMap((one) => {
    if (typeof one !== 'string') return one;
    return /^ |\S {2,}\S|\n/.test(one) ? one : wrap(one, width).split('\n');
  });
}

/** Text of several lines whose other hidden characters are visible escapes. */
export function printable(text: string): string {
  return text.split('\n').map(visible).join('\n');
}

/** The same as one line: a file's name must not look like a line of ours. */
export function printableLine(text: string): string {
  return visible(text);
}
