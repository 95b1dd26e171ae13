import { UserError } from '../../errors.ts';
import { formatBytes } from '../../ui/format.ts';

/** A part of a stream, in memory because it cannot be read again. */
export interface HeldPart {
  /** From 1. */
  readonly number: number;
  readonly bytes: Buffer;
  /** Lets a later part have its memory, once nobody needs the bytes any more, sockets included. */
  readonly release: () => void;
}

/**
 * A stream in parts of `size` bytes, the last one apart; none where it is empty. As many parts are in memory as were
 * asked for and not released, and the one that is being filled.
 * @throws {UserError} `usage` where memory for a part cannot be had.
 */
export async function* heldParts(
  chunks: AsyncIterable<Buffer>,
  size: number,
): AsyncGenerator<HeldPart, void, void> {
  const free: Buffer[] = [];
  let number = 0;
  let filled = 0;
  let filling: Buffer | undefined;
  const held = (buffer: Buffer, length: number): HeldPart => {
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
        yield held(filling, filled);
        filling = undefined;
        filled = 0;
      }
    }
  }
  if (filling !== undefined) yield held(filling, filled);
}

function memoryFor(bytes: number): Buffer {
  try {
    return Buffer.allocUnsafeSlow(bytes);
  } catch (error) {
    throw new UserError('usage', `A part of ${formatBytes(bytes)} does not fit in memory.`, {
      hint: 'Give standard input smaller parts with --part-size.',
      cause: error,
    });
  }
}
