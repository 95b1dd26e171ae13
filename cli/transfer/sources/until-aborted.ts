import { addAbortSignal, type Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { interrupted, isUserError, UserError } from '../../errors.ts';
import { orInterrupted } from '../../network/cancellation.ts';
import { statsOfStream } from './file-stamp.ts';
import { readError } from './read-error.ts';

/**
 * Reads a stream until it ends or the signal is aborted, even while a terminal or a pipe sends nothing. Then closes the
 * stream, because an open pipe keeps the process alive.
 * @param name whose bytes they are, as it stands in a sentence.
 * @throws {UserError} `interrupted`; `file_is_folder` if standard input is one; the errors of `readError`.
 */
export async function* readUntil(
  stream: Readable,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, void> {
  // Node reads a folder as an empty stream.
  if (statsOfStream(stream)?.isDirectory() === true) {
    throw new UserError('file_is_folder', `${name} is a folder.`);
  }
  try {
    yield* addAbortSignal(signal, stream) as AsyncIterable<Buffer>;
  } catch (error) {
    if (signal.aborted) throw interrupted();
    throw isUserError(error) ? error : readError(name, error);
  }
}

/** Closes an iterator. It can be a program's own, so its errors are ignored. */
async function closedIterator(iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // The items that were read are complete without it.
  }
}

/** Milliseconds for which items are passed through before timers, sockets and signals are handled. */
const IN_A_ROW_MS = 10;

/**
 * Passes items through until the signal is aborted, even while the next item is awaited: a disk or the writer of a list
 * can be slow. A source that never waits, such as a generator of empty chunks, does not keep the signal from being aborted.
 * @throws {UserError} `interrupted`
 */
export async function* untilAborted<T>(
  items: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, void> {
  if (signal.aborted) throw interrupted();
  const iterator = items[Symbol.asyncIterator]();
  let isRead = false;
  try {
    for (let turn = performance.now(); ; ) {
      if (performance.now() - turn > IN_A_ROW_MS) {
        await nextTurn();
        turn = performance.now();
      }
      const next = await orInterrupted(iterator.next(), signal);
      isRead = next.done === true;
      if (isRead) return;
      yield next.value as T;
    }
  } finally {
    // The source closes its files once its pending read ends. Nothing waits for that, because it may never end.
    if (!isRead) void closedIterator(iterator);
  }
}
