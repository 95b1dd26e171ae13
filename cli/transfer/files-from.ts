import * as fs from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { readUntil } from './read-until.ts';
import { readError } from './source-file.ts';

const open = promisify(fs.open);

/** Where a list comes from. */
export interface ListWorld {
  readonly cwd: string;
  readonly stdin: Readable;
  /** Ends the reading: who writes the list may be in no hurry. */
  readonly signal: AbortSignal;
}

/**
 * The paths of a list: one a line, or with a NUL behind each where the list has one in its beginning (`find -print0`),
 * so that names with line breaks can be listed. Empty lines count for nothing.
 * @param list a path, or `-` for standard input.
 * @throws {UserError} where the list cannot be read; `interrupted`.
 */
export async function* listedPaths(
  list: string,
  { cwd, stdin, signal }: ListWorld,
): AsyncGenerator<string, void, void> {
  const name = list === '-' ? 'standard input' : list;
  const input = list === '-' ? stdin : await openList(resolve(cwd, list), list);
  let separator: string | undefined;
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of readUntil(input, name, signal)) {
    separator ??= chunk.includes(0) ? '\0' : '\n';
    const paths = (rest + decoder.decode(chunk, { stream: true })).split(separator);
    rest = paths.pop() ?? '';
    for (const path of paths) yield* listedPath(path, separator);
  }
  yield* listedPath(rest, separator);
}

/** No key has a control character: a CR at the end of a line is Windows's, not the name's. */
function* listedPath(line: string, separator: string | undefined): Generator<string, void, void> {
  const path = separator === '\0' ? line : line.replace(/\r$/, '');
  if (path !== '') yield path;
}

/** Whether a list can be read a second time: what a pipe gave is gone. */
export async function isRepeatable(list: string, cwd: string): Promise<boolean> {
  if (list === '-') return false;
  return stat(resolve(cwd, list)).then(
    (stats) => stats.isFile(),
    () => false,
  );
}

/** A named pipe is waited for without a thread: one that is blocked in opening or reading it would keep the process. */
async function openList(path: string, name: string): Promise<Readable> {
  try {
    if (!(await stat(path)).isFIFO()) return fs.createReadStream(path);
    const fd = await open(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    return new Socket({ fd, readable: true, writable: false });
  } catch (error) {
    throw readError(name, error);
  }
}
