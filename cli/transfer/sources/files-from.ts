import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { openInput } from '../../input-file.ts';
import { ONE_LETTER_HINT, openText, withoutLineEnd } from '../../text.ts';
import type { FilePath } from './file-path.ts';
import { readError } from './read-error.ts';
import { readUntil } from './until-aborted.ts';

/** Where a list comes from: standard input, or the path of a file. */
export type ListSource = Readable | FilePath;

export interface ListOptions {
  /** NUL separates the paths (`find -print0`), whatever they contain. */
  readonly nul: boolean;
  /** Ends the reading, even while the list's writer sends nothing. */
  readonly signal: AbortSignal;
}

/** Characters at the beginning of a list by which its separator is detected. */
const ENOUGH = 4096;

const NOT_UTF8_HINT = [
  'Save the list as UTF-8. Rename files whose names are not UTF-8, or upload each with:',
  command`edge-upload put <file> --as <key>`,
];

/** Matches an entry by which a list is not text with NUL between paths. A line end inside a name is allowed. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const ODD_ENTRY = /^.?$|^\n|\n$|[\u0001-\u0009\u000b-\u001f\u007f]/s;

/**
 * Reads the paths of a list, in UTF-8 or UTF-16: one a line, or with NUL between them. Without `nul`, NUL separates
 * only if the beginning of the list is unambiguous, because text in an unknown encoding has NUL too. Empty entries are
 * skipped. Yields the paths of each piece of the list together, as soon as it is read.
 * @param list as it was typed.
 * @throws {UserError} if the list cannot be read or is not text; `interrupted`.
 */
export async function* listedPaths(
  list: string,
  source: ListSource,
  { nul, signal }: ListOptions,
): AsyncGenerator<readonly string[], void, void> {
  const name = list === '-' ? 'Standard input' : list;
  const input = source instanceof Readable ? source : await openList(source, list);
  const reader = openText({ name, nulSeparates: true, hint: NOT_UTF8_HINT });
  let separator = nul ? '\0' : undefined;
  let rest = '';
  const take = (text: string, ended: boolean): string[] => {
    rest += text;
    if (separator !== '\0' && rest.includes('\0')) {
      if (rest.length < ENOUGH && !ended) return [];
      checkNulSeparated(name, separator === undefined ? rest : '\0', ended);
      separator = '\0';
    }
    const entries = rest.split(separator ?? '\n');
    rest = ended ? '' : (entries.pop() ?? '');
    if (entries.length > 0) separator ??= '\n';
    if (separator === '\0') checkEntries(name, entries);
    const paths = separator === '\0' ? entries : entries.map(withoutLineEnd);
    return paths.filter((path) => path !== '');
  };
  for await (const chunk of readUntil(input, name, signal)) yield take(reader.push(chunk), false);
  yield take(reader.end(), true);
}

/** @throws {UserError} `usage` for a list whose NUL bytes do not clearly separate paths. */
function checkNulSeparated(name: string, text: string, ended: boolean): void {
  const entries = text.split('\0');
  const last = entries.pop() ?? '';
  if (ended && last !== '') entries.push(last);
  if (!entries.some((entry) => ODD_ENTRY.test(entry))) return;
  throw new UserError(
    'usage',
    `${name} contains NUL bytes, and is not clearly a list of paths that end with NUL.`,
    {
      hint: 'For a list from find -print0, add --null. Otherwise save it as UTF-8 with one path a line.',
    },
  );
}

/** @throws {UserError} `usage` for UTF-16 that was read as single letters between NUL bytes. */
function checkEntries(name: string, entries: readonly string[]): void {
  if (!entries.includes('') || !entries.some((entry) => entry.length === 1)) return;
  throw new UserError(
    'usage',
    `${name} has empty and one-letter paths, like UTF-16 text that is read as UTF-8.`,
    {
      hint: ONE_LETTER_HINT,
    },
  );
}

/** Whether a list can be read a second time; a pipe cannot. */
export async function isRepeatable(source: ListSource): Promise<boolean> {
  if (source instanceof Readable) return false;
  return stat(source).then(
    (stats) => stats.isFile(),
    () => false,
  );
}

async function openList(path: FilePath, name: string): Promise<Readable> {
  try {
    return await openInput(path);
  } catch (error) {
    throw readError(name, error);
  }
}
