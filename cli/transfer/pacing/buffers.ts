/** Bytes read from a file at once, and the bytes of a buffer. */
export const CHUNK = 256 * 1024;

/** Buffers in use, in bytes, up to which a whole part may be in memory. */
const MOST_KEPT = 32 * 1024 * 1024;

/** Buffers for all readers of a command: new memory costs more than reading into it. */
export interface Buffers {
  /** Whether so many bytes of a part may be in memory at once, besides the buffers that are in use. */
  hasRoom(bytes: number): boolean;
  /**
   * Calls `work` with buffers for so many bytes, however many are in use. They are used again after a success; after a
   * failure a socket may still hold them.
   */
  use<T>(bytes: number, work: (buffers: readonly Buffer[]) => Promise<T>): Promise<T>;
}

export function createBuffers(): Buffers {
  const free: Buffer[] = [];
  let used = 0;
  return {
    hasRoom: (bytes) => used + countOf(bytes) * CHUNK <= MOST_KEPT,
    async use(bytes, work) {
      const taken = Array.from({ length: countOf(bytes) }, () => free.pop() ?? Buffer.allocUnsafeSlow(CHUNK));
      used += taken.length * CHUNK;
      try {
        const value = await work(taken);
        free.push(...taken);
        return value;
      } finally {
        used -= taken.length * CHUNK;
      }
    },
  };
}

function countOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / CHUNK));
}

/** Buffers that a reader fills in turn. */
export interface Ring {
  /** Returns the first bytes of the next buffer. */
  next(bytes: number): Buffer;
}

/** Bytes of the fewest buffers for a reader that does not keep what it read: the socket may hold two of them. */
export const RING_BYTES = 3 * CHUNK;

export function ringOf(buffers: readonly Buffer[]): Ring {
  let at = 0;
  return {
    next(bytes) {
      const buffer = buffers[at % buffers.length] as Buffer;
      at += 1;
      return buffer.subarray(0, bytes);
    },
  };
}
