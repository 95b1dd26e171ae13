import * as fs from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { UserError } from '../../errors.ts';
import { ONE_LETTER_HINT, openText, withoutLineEnd } from '../../text.ts';
import { type FilePath, findPath } from './file-path.ts';
import { readError } from './read-error.ts';
import { readUntil } from './read-until.ts';

const open = promisify(fs.open);

/** Where a list comes from. */
export interface ListWorld {
  readonly cwd: string;
  readonly stdin: Readable;
  /** Ends the reading: who writes the list may be in no hurry. */
  readonly signal: AbortSignal;
}

export interface ListOptions {
  /** NUL separates the paths (`find -print0`), whatever they look like. */
  readonly nul: boolean;
}

/** Enough of a list to tell how it is separated, characters. */
const ENOUGH = 4096;

const NOT_UTF8_HINT =
  'Save the list as UTF-8. If the names of the files are not UTF-8, rename them, or upload each with: edge-upload put <file> --as <key>';

/** A line end within a name apart, which is what lists with NUL are for. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const ODD_ENTRY = /^.?$|^\n|\n$|[\u0001-\u0009\u000b-\u001f\u007f]/s;

/**
 * The paths of a list, in UTF-8 or UTF-16: one a line, or with NUL between them. Without being asked, NUL separates only
 * where the beginning of the list leaves no doubt: text in an encoding that was not recognised falls into single letters
 * and control characters. Empty entries count for nothing.
 * @param list a path, or `-` for standard input.
 * @throws {UserError} where the list cannot be read or is not text; `interrupted`.
 */
export async function* listedPaths(
  list: string,
  { cwd, stdin, signal }: ListWorld,
  { nul }: ListOptions,
): AsyncGenerator<string, void, void> {
  const name = list === '-' ? 'Standard input' : list;
  const input = list === '-' ? stdin : await openList(await findPath(cwd, list), list);
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
  for await (const chunk of readUntil(input, name, signal)) yield* take(reader.push(chunk), false);
  yield* take(reader.end(), true);
}

/** @throws {UserError} `usage` for a list with NUL in it that may be something else. */
function checkNulSeparated(name: string, text: string, ended: boolean): void {
  const entries = text.split('\0');
  const last = entries.pop() ?? '';
  if (ended && last !== '') entries.push(last);
  if (!entries.some((entry) => ODD_ENTRY.test(entry))) return;
  throw new UserError(
    'usage',
    `${name} contains NUL bytes, and is not certainly a list with NUL between paths.`,
    {
      hint: 'For a list from find -print0, add --null. Otherwise save it as UTF-8 with one path a line.',
    },
  );
}

/** @throws {UserError} `usage` for UTF-16 that falls into single letters with nothing between some of them. */
function checkEntries(name: string, entries: readonly string[]): void {
  if (!entries.includes('') || !entries.some((entry) => entry.length === 1)) return;
  throw new UserError(
    'usage',
    `${name} has empty and one-letter paths, as UTF-16 has that is read as a list.`,
    {
      hint: ONE_LETTER_HINT,
    },
  );
}

/** Whether a list can be read a second time: what a pipe gave is gone. */
export async function isRepeatable(list: string, cwd: string): Promise<boolean> {
  if (list === '-') return false;
  return stat(await findPath(cwd, list)).then(
    (stats) => stats.isFile(),
    () => false,
  );
}

/** A named pipe is waited for without a thread: one that is blocked in opening or reading it would keep the process. */
async function openList(path: FilePath, name: string): Promise<Readable> {
  try {
    if (!(await stat(path)).isFIFO()) return fs.createReadStream(path);
    const fd = await open(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    return new Socket({ fd, readable: true, writable: false });
  } catch (error) {
    throw readError(name, error);
  }
}
