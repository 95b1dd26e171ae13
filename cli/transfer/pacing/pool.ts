/** Runs at most `size` pieces of work at once, in the order of their calls. */
export interface Pool {
  readonly size: number;
  run<T>(work: () => Promise<T>): Promise<T>;
}

export function createPool(size: number): Pool {
  const waiting: (() => void)[] = [];
  let free = size;
  return {
    size,
    async run(work) {
      if (free > 0) free -= 1;
      else await new Promise<void>((go) => waiting.push(go));
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) free += 1;
        else next();
      }
    },
  };
}

/**
 * Does the work of an item while a slot is held, unless another item has failed. A failure aborts the other items before the
 * slot is free, so that no further item takes it.
 */
export async function unlessFailed<T>(failing: AbortController, work: () => Promise<T>): Promise<T> {
  failing.signal.throwIfAborted();
  try {
    return await work();
  } catch (error) {
    failing.abort(error);
    throw error;
  }
}

/**
 * Processes items, `width` of them at once. After a failure, no further item starts, and the failure is thrown when the
 * items under way have ended.
 * @param failing aborted with the first failure, so that items under way can end early; `work` can abort it too.
 */
export async function forEachAtOnce<T>(
  items: Iterable<T> | AsyncIterable<T>,
  width: number,
  work: (item: T) => Promise<void>,
  failing = new AbortController(),
): Promise<void> {
  const { signal } = failing;
  const queue = iterate(items);
  const waiting = new Set<() => void>();
  // A failure does not wait for the source's next item, which can take long. `Promise.race` would keep every item in
  // memory.
  const nextItem = () =>
    new Promise<IteratorResult<T, void> | undefined>((resolve, reject) => {
      const stop = () => resolve(undefined);
      waiting.add(stop);
      queue
        .next()
        .finally(() => waiting.delete(stop))
        .then(resolve, reject);
    });
  const worker = async () => {
    try {
      for (let next = await nextItem(); next !== undefined && !next.done; next = await nextItem()) {
        if (signal.aborted) return;
        await work(next.value);
        if (signal.aborted) return;
      }
    } catch (error) {
      failing.abort(error);
      for (const stop of waiting) stop();
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  const closed = queue.return();
  // A source with a pending read closes once the read ends.
  if (waiting.size === 0) await closed;
  else closed.catch(() => {});
  signal.throwIfAborted();
}

/** Yields the results of `work` in the order of the items, `width` of which are processed at once. */
export async function* mapAhead<T, R>(
  items: AsyncIterable<T>,
  width: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void, void> {
  const ahead: Promise<R>[] = [];
  for await (const item of items) {
    const result = work(item);
    // The error is thrown when its item is next.
    result.catch(() => {});
    if (ahead.push(result) === width) yield ahead.shift() as Promise<R>;
  }
  yield* ahead;
}

async function* iterate<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T, void, void> {
  yield* items;
}
