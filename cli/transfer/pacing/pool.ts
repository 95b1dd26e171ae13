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
  const waiting = new Set<() => void>();
  // A source can take long for its next item, and a failure does not wait for it. `Promise.race` would keep every item.
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
        if (failure !== undefined) return;
        await work(next.value);
        if (failure !== undefined) return;
      }
    } catch (error) {
      failure ??= { error };
      for (const stop of waiting) stop();
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  const closed = queue.return();
  // A source that is still asked closes once it answers.
  if (waiting.size === 0) await closed;
  else closed.catch(() => {});
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

/** Bytes read from a file at once, and the bytes of the smallest buffer. */
export const CHUNK = 256 * 1024;

/** Buffers in use, in bytes, up to which a whole part may be in memory. */
const MOST_KEPT = 32 * 1024 * 1024;

/** Buffers for all readers of a command: new memory costs more than reading into it. */
export interface Buffers {
  /** Whether so many bytes of a part may be in memory at once, besides the buffers that are in use. */
  hasRoom(bytes: number): boolean;
  /**
   * Calls `work` with a buffer of so many bytes, however many are in use. It is used again after a success; after a failure
   * a socket may still hold it.
   */
  use<T>(bytes: number, work: (buffer: Buffer) => Promise<T>): Promise<T>;
}

export function createBuffers(): Buffers {
  let free: Buffer[] = [];
  let freeBytes = 0;
  let used = 0;
  const take = (size: number): Buffer => {
    const at = free.findIndex(({ length }) => length === size);
    const [found] = at < 0 ? [] : free.splice(at, 1);
    if (found !== undefined) {
      freeBytes -= size;
      return found;
    }
    if (freeBytes + used + size > MOST_KEPT) {
      // Those are of sizes that are not wanted now.
      free = [];
      freeBytes = 0;
    }
    return Buffer.allocUnsafeSlow(size);
  };
  return {
    hasRoom: (bytes) => used + sizeFor(bytes) <= MOST_KEPT,
    async use(bytes, work) {
      const buffer = take(sizeFor(bytes));
      used += buffer.length;
      try {
        const value = await work(buffer.subarray(0, bytes));
        free.push(buffer);
        freeBytes += buffer.length;
        return value;
      } finally {
        used -= buffer.length;
      }
    },
  };
}

/** Returns the bytes of the buffer to use: one of few sizes, so that it fits later readers. */
function sizeFor(bytes: number): number {
  let size = CHUNK;
  while (size < bytes) size *= 2;
  return size;
}

/** Bytes of the buffer of a reader that does not keep what it read: a socket may hold two chunks of it. */
export const RING_BYTES = 3 * CHUNK;
