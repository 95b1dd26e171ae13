/** Bytes read from a file at once. */
export const CHUNK = 256 * 1024;

/** Buffers that a reader fills in turn; one is good until two more were asked for. */
export interface Ring {
  next(bytes: number): Buffer;
}

/** Rings for all readers of a command: fresh memory costs more than the reading it is for. */
export interface Rings {
  take(): Ring;
  /** A ring whose bytes nobody needs any more, sockets included. One that is not given back is merely collected. */
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
