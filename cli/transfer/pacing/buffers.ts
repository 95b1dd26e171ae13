/** Bytes read from a file at once. */
export const CHUNK = 256 * 1024;

/** Buffers that a reader fills in turn. A buffer is valid until the second next one is taken. */
export interface Ring {
  next(bytes: number): Buffer;
}

/** Rings for all readers of a command: new memory costs more than reading into it. */
export interface Rings {
  take(): Ring;
  /** Takes back a ring whose bytes are not used any more, by sockets either. Other rings are garbage-collected. */
  give(ring: Ring): void;
}

const BUFFERS = 3;

export function createRing(): Ring {
  const buffers: Buffer[] = [];
  return {
    next(bytes) {
      const oldest = buffers.length === BUFFERS ? buffers.shift() : undefined;
      const buffer = oldest ?? Buffer.allocUnsafeSlow(CHUNK);
      buffers.push(buffer);
      return buffer.subarray(0, bytes);
    },
  };
}

export function createRings(): Rings {
  const free: Ring[] = [];
  return {
    take: () => free.pop() ?? createRing(),
    give: (ring) => void free.push(ring),
  };
}
