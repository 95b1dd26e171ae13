import { UserError } from '../errors.ts';
import { type PrintedLine, type PrintedText, textLines } from './shown.ts';

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

/** Formats a limit without trailing zeros: `5 GiB`, `1.5 GiB`. */
export function formatLimit(bytes: number): string {
  return formatBytes(bytes)
    .replace(/(\.\d*?)0+ /, '$1 ')
    .replace('. ', ' ');
}

/** Binary units, as typed. */
const PREFIXES = ['', 'k', 'm', 'g', 't'];
const SIZE = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i;

/**
 * Parses `16M`, `16MiB`, `1.5G` or `65536` as bytes; units are binary.
 * @param flag as the user typed it, for the error.
 * @throws {UserError} `usage`
 */
export function parseSize(typed: string, flag: string): number {
  const [, digits = '', unit = ''] = SIZE.exec(typed.trim()) ?? [];
  const bytes = Math.round(Number(digits) * 1024 ** PREFIXES.indexOf(unit.toLowerCase()));
  if (digits !== '' && bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  throw new UserError('usage', `Invalid value for ${flag}: “${typed}”.`, {
    hint: 'Sizes look like 64K, 16M or 1.5G.',
  });
}

/** `850 ms`, `4.2 s`, `3m 05s`, `2h 10m`, `6d 23h`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  const hours = Math.floor(whole / 3600);
  if (hours >= 48) return `${Math.floor(hours / 24)}d ${two(hours % 24)}h`;
  return `${hours}h ${two(Math.floor((whole % 3600) / 60))}m`;
}

/** Formats milliseconds in seconds only, for columns: `0.4 s`, `65.0 s`. */
export function formatSeconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/** A time in UTC to the minute: `2026-01-31 12:00`. */
export function formatMinute(date: Date | string): string {
  return (typeof date === 'string' ? date : date.toISOString()).slice(0, 16).replace('T', ' ');
}

/** `1 file`, `2 files`. */
export function count(amount: number, noun: string): string {
  return `${amount.toLocaleString('en-US')} ${noun}${amount === 1 ? '' : 's'}`;
}

/** A command at the end of a sentence: [`Sign in with:`, command`edge-upload login <url>`]. */
const LAST_COMMAND = /^(.*\S:) ((?:edge-upload|aws|npm) (?:(?![.,;] ).)*)$/;

/** A space that is not between a number and its unit, or within a time. */
const BETWEEN_WORDS = / (?!(?<=\d )(?:(?:[KMGT]i)?B|m?s|\d\d:\d\d|UTC)\b)/;

/**
 * Returns text as lines, wrapped between words so that no line is wider than `width`; lines after the first begin with
 * `indent`. A command at the end gets its own line and is not wrapped, so that it can be copied.
 */
export function wrap(text: string, width: number, indent = ''): string[] {
  const [, prose, command] = (text.length > width && LAST_COMMAND.exec(text)) || [];
  if (prose !== undefined) return [...wrap(prose, width, indent), `${indent}  ${command}`];
  const lines: string[] = [];
  for (const word of text.split(BETWEEN_WORDS)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(last === undefined ? word : indent + word);
  }
  return lines;
}

/** Minimum columns of prose. */
const LEAST_PROSE = 20;

/** Matches a line that is not wrapped: a command, a path or a row of a table. */
const VERBATIM = /^ |\S {2,}\S|\n/;

/** A value that stays whole: an absolute path, which may contain spaces, or an address. */
const WHOLE = /^(?:\/|[A-Za-z]:\\|https?:\/\/\S+$)/;

/**
 * Breaks the prose of a text between words, where a terminal would break it within them. Lines that are indented or in
 * columns stay whole. A path or an address that does not fit beside its label stands on a line of its own, and so does
 * prose beside a long label.
 */
export function wrapText(text: PrintedText, width: number): PrintedText {
  return textLines(text).flatMap((one): readonly PrintedLine[] => {
    if (typeof one === 'string') return VERBATIM.test(one) ? [one] : wrap(one, width);
    const { head = '', mark } = one;
    const indent = head.length + (mark === undefined ? 0 : 2);
    const isWhole = mark === undefined && WHOLE.test(one.text);
    if (indent === 0 || (!isWhole && VERBATIM.test(one.text))) return [one];
    if (isWhole || (mark === undefined && width - indent < LEAST_PROSE)) {
      if (indent + one.text.length <= width) return [one];
      const lines = isWhole ? [one.text] : wrap(one.text, width - 4);
      return [{ ...one, head: head.trimEnd(), text: '' }, ...lines.map((line) => `    ${line}`)];
    }
    const [first = '', ...rest] = wrap(one.text, Math.max(LEAST_PROSE, width - indent));
    return [{ ...one, text: first }, ...rest.map((more) => ' '.repeat(indent) + more)];
  });
}
