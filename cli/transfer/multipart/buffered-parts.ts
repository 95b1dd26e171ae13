import { UserError } from '../../errors.ts';
import { formatBytes } from '../../ui/format.ts';

/** A part of a stream, kept in memory because a stream cannot be read again. */
export interface BufferedPart {
  /** From 1. */
  readonly number: number;
  readonly bytes: Buffer;
  /** Releases the memory for a later part. Call it once nothing uses the bytes, sockets included. */
  readonly release: () => void;
}

/**
 * Divides a stream into parts of `size` bytes; the last one is shorter, and an empty stream has none. Memory contains
 * the parts that were yielded and not released, and the one that is being filled.
 * @throws {UserError} `usage` if there is no memory for a part.
 */
export async function* bufferedParts(
  chunks: AsyncIterable<Buffer>,
  size: number,
): AsyncGenerator<BufferedPart, void, void> {
  const free: Buffer[] = [];
  let number = 0;
  let filled = 0;
  let filling: Buffer | undefined;
  const filledPart = (buffer: Buffer, length: number): BufferedPart => {
    number += 1;
    return { number, bytes: buffer.subarray(0, length), release: () => void free.push(buffer) };
  };
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      filling ??= free.pop() ?? memoryFor(size);
      const copied = chunk.copy(filling, filled, at);
      at += copied;
      filled += copied;
      if (filled === size) {
        yield filledPart(filling, filled);
        filling = undefined;
        filled = 0;
      }
    }
  }
  if (filling !== undefined) yield filledPart(filling, filled);
}

function memoryFor(bytes: number): Buffer {
  try {
    return Buffer.allocUnsafeSlow(bytes);
  } catch (error) {
    throw new UserError('usage', `A part of ${formatBytes(bytes)} does not fit in memory.`, {
      hint: 'Upload standard input in smaller parts: --part-size 16M',
      library: { hint: 'Upload the stream in smaller parts, with a smaller partSize.' },
      cause: error,
    });
  }
}
