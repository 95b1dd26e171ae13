import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { readError } from './source-file.ts';

/**
 * The paths of a list: one a line, or with a NUL behind each where the list has one in its beginning (`find -print0`),
 * so that names with line breaks can be listed. Empty lines count for nothing.
 * @param list a path, or `-` for standard input.
 * @throws {UserError} where the list cannot be read.
 */
export async function* listedPaths(
  list: string,
  { cwd, stdin }: { readonly cwd: string; readonly stdin: Readable },
): AsyncGenerator<string, void, void> {
  const input = list === '-' ? stdin : createReadStream(resolve(cwd, list));
  let separator: string | undefined;
  let rest = '';
  const decoder = new TextDecoder();
  try {
    for await (const chunk of input as AsyncIterable<Buffer>) {
      separator ??= chunk.includes(0) ? '\0' : '\n';
      const paths = (rest + decoder.decode(chunk, { stream: true })).split(separator);
      rest = paths.pop() ?? '';
      for (const path of paths) if (path !== '') yield path;
    }
  } catch (error) {
    throw readError(list, error);
  }
  if (rest !== '') yield rest;
}
