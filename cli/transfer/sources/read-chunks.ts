import { setImmediate as nextTurn } from 'node:timers/promises';
import { CHUNK } from '../pacing/buffers.ts';
import type { SourceFile } from './source-file.ts';

/** Bytes of a file. */
export interface Range {
  readonly from: number;
  readonly length: number;
}

/** Bytes that are read before timers, sockets and signals have their turn: about a millisecond. */
const BYTES_IN_A_ROW = 8 * CHUNK;

/**
 * Reads bytes in chunks of at most `CHUNK` bytes. They follow each other in the buffer; a shorter one is filled again from
 * its start.
 * @throws {UserError} as `SourceFile.fill`
 */
export async function* readChunks(
  file: Pick<SourceFile, 'fill'>,
  { from, length }: Range,
  buffer: Buffer,
): AsyncGenerator<Buffer, void, void> {
  let place = 0;
  for (let at = 0; at < length; at += CHUNK) {
    // Where no read waits, nothing else would run before the last byte.
    if (at > 0 && at % BYTES_IN_A_ROW === 0) await nextTurn();
    const bytes = Math.min(CHUNK, length - at);
    if (place + bytes > buffer.length) place = 0;
    yield await file.fill(buffer.subarray(place, place + bytes), from + at);
    place += bytes;
  }
}
