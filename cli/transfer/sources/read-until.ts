import { fstatSync } from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';
import { interrupted, UserError } from '../../errors.ts';
import { readError } from './read-error.ts';

/**
 * What a stream gives, until it ends or the signal is aborted: a terminal or a pipe may have nothing to say for long.
 * @param name whose bytes they are, as it stands in a sentence.
 * @throws {UserError} `interrupted`; `file_is_folder` where standard input is one; and what `readError` makes of a failure.
 */
export async function* readUntil(
  stream: Readable,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, void> {
  if (signal.aborted) throw interrupted();
  // Node has a folder look like a stream that is empty.
  const { fd } = stream as { readonly fd?: unknown };
  if (typeof fd === 'number' && fstatSync(fd).isDirectory()) {
    throw new UserError('file_is_folder', `${name} is a folder.`);
  }
  try {
    yield* addAbortSignal(signal, stream) as AsyncIterable<Buffer>;
  } catch (error) {
    throw signal.aborted ? interrupted() : readError(name, error);
  }
}
