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
 * Works through items, `width` of them at once. After a failure, no further item begins, and the failure is thrown when the
 * items under way have ended.
 */
export async function forEachAtOnce<T>(
  items: Iterable<T> | AsyncIterable<T>,
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = iterate(items);
  let failure: { readonly error: unknown } | undefined;
  const worker = async () => {
    try {
      for (let next = await queue.next(); !next.done; next = await queue.next()) {
        if (failure !== undefined) return;
        await work(next.value);
        if (failure !== undefined) return;
      }
    } catch (error) {
      failure ??= { error };
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  await queue.return();
  if (failure !== undefined) throw failure.error;
}

/** Yields what `work` returns for each item, in the order of the items. It works on `width` items at once. */
export async function* mapAhead<T, R>(
  items: AsyncIterable<T>,
  width: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void, void> {
  const ahead: Promise<R>[] = [];
  for await (const item of items) {
    const result = work(item);
    // Thrown when its turn comes.
    result.catch(() => {});
    if (ahead.push(result) === width) yield ahead.shift() as Promise<R>;
  }
  yield* ahead;
}

async function* iterate<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T, void, void> {
  yield* items;
}
