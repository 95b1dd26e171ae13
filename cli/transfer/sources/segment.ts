import { crc32 } from 'node:zlib';
import { CHUNK, type Ring, type Rings } from '../pacing/buffers.ts';
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
  readonly rings: Rings;
}

interface Range {
  readonly from: number;
  readonly length: number;
}

/**
 * Reads a segment of a file for its digest, then calls `use` with it. Its buffers are used again after a success; after a
 * failure a socket may still hold them.
 * @throws {UserError} `file_changed`, `file_unreadable`, and every error of `use`.
 */
export async function withSegment<T>(
  file: SourceFile,
  { from, length }: Range,
  { digester, rings }: SegmentOptions,
  use: (segment: Segment) => Promise<T>,
): Promise<T> {
  const ring = rings.take();
  const value = await use(await measure(file, { from, length, ring }, digester));
  rings.give(ring);
  return value;
}

interface Place extends Range {
  readonly ring: Ring;
}

async function measure(file: SourceFile, place: Place, digester: Digester): Promise<Segment> {
  const { from, length, ring } = place;
  if (length <= CHUNK) {
    // It stays in memory, and is read once.
    const bytes = await file.fill(ring.next(length), from);
    file.checkUnchanged();
    return bufferSegment(file.name, bytes, digester);
  }
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
    open: () => readAgain(file, place, crc),
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
  { from, length, ring }: Place,
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
