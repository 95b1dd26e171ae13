import { crc32 } from 'node:zlib';
import { type Buffers, CHUNK, RING_BYTES, type Ring, ringOf } from '../pacing/buffers.ts';
import { crc32Bytes, type Digester } from '../proof/digests.ts';
import { fileChanged } from './file-stamp.ts';
import type { SourceFile } from './source-file.ts';

/** Bytes whose digest is known before they are sent: a whole file, or one part of it. */
export interface Segment {
  /** Whose bytes they are, as it stands in a sentence. */
  readonly name: string;
  readonly length: number;
  readonly digest: Buffer;
  /** All bytes, where they are in memory. */
  readonly bytes?: Buffer;
  /**
   * Reads the bytes again, for each try. The last chunk comes only once all are proved to be the measured bytes, so that a
   * store never gets the whole of a changed file.
   * @throws {UserError} `file_changed`
   */
  readonly open: () => AsyncIterable<Buffer> | Iterable<Buffer>;
}

export interface SegmentOptions {
  readonly digester: Digester;
  readonly buffers: Buffers;
}

interface Range {
  readonly from: number;
  readonly length: number;
}

/**
 * Reads a segment of a file for its digest, then calls `use` with it. Where memory has room for the segment, it is read
 * once; elsewhere it is read again while it is sent.
 * @throws {UserError} `file_changed`, `file_unreadable`, and every error of `use`.
 */
export async function withSegment<T>(
  file: SourceFile,
  range: Range,
  { digester, buffers }: SegmentOptions,
  use: (segment: Segment) => Promise<T>,
): Promise<T> {
  const { length } = range;
  const measure = length <= CHUNK ? readAtOnce : buffers.hasRoom(length) ? readOnce : readTwice;
  const bytes = measure === readTwice ? RING_BYTES : length;
  return buffers.use(bytes, async (taken) => use(await measure(file, range, taken, digester)));
}

async function readAtOnce(
  file: SourceFile,
  { from, length }: Range,
  buffers: readonly Buffer[],
  digester: Digester,
): Promise<Segment> {
  const bytes = await file.fill(ringOf(buffers).next(length), from);
  file.checkUnchanged();
  return bufferSegment(file.name, bytes, digester);
}

async function readOnce(
  file: SourceFile,
  { from, length }: Range,
  buffers: readonly Buffer[],
  digester: Digester,
): Promise<Segment> {
  const { name } = file;
  const hasher = digester.create();
  const chunks: Buffer[] = [];
  for await (const chunk of file.read(from, length, ringOf(buffers))) {
    hasher.update(chunk);
    chunks.push(chunk);
  }
  file.checkUnchanged();
  return { name, length, digest: await hasher.digest(), open: () => unchanged(file, chunks) };
}

/** Yields the chunks; the last one only if the file has not changed meanwhile. */
function* unchanged(file: SourceFile, chunks: readonly Buffer[]): Generator<Buffer, void, void> {
  yield* chunks.slice(0, -1);
  file.checkUnchanged();
  yield* chunks.slice(-1);
}

async function readTwice(
  file: SourceFile,
  range: Range,
  buffers: readonly Buffer[],
  digester: Digester,
): Promise<Segment> {
  const { from, length } = range;
  const ring = ringOf(buffers);
  const hasher = digester.algorithm === 'crc32' ? undefined : digester.create();
  let crc = 0;
  for await (const chunk of file.read(from, length, ring)) {
    crc = crc32(chunk, crc);
    hasher?.update(chunk);
  }
  file.checkUnchanged();
  return {
    name: file.name,
    length,
    digest: hasher === undefined ? crc32Bytes(crc) : await hasher.digest(),
    open: () => readAgain(file, range, ring, crc),
  };
}

/** Returns bytes in memory as a segment. */
export async function bufferSegment(name: string, bytes: Buffer, digester: Digester): Promise<Segment> {
  const hasher = digester.create();
  hasher.update(bytes);
  return { name, length: bytes.length, digest: await hasher.digest(), bytes, open: () => [bytes] };
}

async function* readAgain(
  file: SourceFile,
  { from, length }: Range,
  ring: Ring,
  expected: number,
): AsyncGenerator<Buffer, void, void> {
  let crc = 0;
  let held: Buffer | undefined;
  for await (const chunk of file.read(from, length, ring)) {
    crc = crc32(chunk, crc);
    if (held !== undefined) yield held;
    held = chunk;
  }
  file.checkUnchanged();
  if (crc !== expected) throw fileChanged(file.name, 'its bytes are not those read at first');
  if (held !== undefined) yield held;
}
