import { orInterrupted } from '../wire/grace.ts';

/**
 * Passes items through until the signal is aborted, also while the next item is still looked for: a disk or the writer
 * of a list may take long.
 * @throws {UserError} `interrupted`
 */
export async function* untilAborted<T>(
  items: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, void> {
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await orInterrupted(iterator.next(), signal);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // After an abort, the source closes its files once its pending read ends; nothing waits for that.
    const closed = iterator.return?.().catch(() => {});
    if (!signal.aborted) await closed;
  }
}
