import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Digester } from '../integrity.ts';
import { fileChanged } from './file-stamp.ts';
import type { SourceFile } from './source-file.ts';

/** Bytes read from a file at once, and the bytes of the smallest buffer. */
const CHUNK = 256 * 1024;

/** Size of the buffer of a reader that keeps nothing. A socket can hold two chunks of it. */
const RING_BYTES = 3 * CHUNK;

/** Bytes whose digest is known before they are sent: a whole file, or one part of it. */
export interface Segment {
  /** The name of the source in messages. */
  readonly name: string;
  readonly length: number;
  readonly digest: Buffer;
  /** All bytes, if they are in memory. */
  readonly bytes?: Buffer;
  /**
   * Returns the bytes, for each attempt. The last chunk comes only if the file has not changed, so that a changed file
   * is never stored whole.
   * @throws {UserError} `file_changed`
   */
  readonly open: () => AsyncIterable<Buffer> | Iterable<Buffer>;
}

/** Bytes of a file. */
interface Range {
  readonly from: number;
  readonly length: number;
}

export interface SegmentOptions {
  readonly digester: Digester;
  readonly buffers: Buffers;
}

/**
 * Reads a segment of a file for its digest, then calls `use` with it. If it fits in memory, it is read once; otherwise
 * it is read again while it is sent.
 * @throws {UserError} `file_changed`, `file_unreadable`, and every error of `use`.
 */
export async function withSegment<T>(
  file: SourceFile,
  range: Range,
  { digester, buffers }: SegmentOptions,
  use: (segment: Segment) => Promise<T>,
): Promise<T> {
  const { from, length } = range;
  if (length <= CHUNK) {
    return buffers.use(length, async (buffer) => {
      const bytes = await file.fill(buffer, from);
      file.checkUnchanged();
      return use(await bufferSegment(file.name, bytes, digester));
    });
  }
  const isKept = buffers.hasRoom(length);
  return buffers.use(isKept ? length : RING_BYTES, async (buffer) => {
    const digest = await digestOf(file, range, buffer, digester);
    const again = readAgain(file, range, buffer, digester, digest);
    return use({ name: file.name, length, digest, open: isKept ? () => unchanged(file, buffer) : again });
  });
}

async function digestOf(file: SourceFile, range: Range, buffer: Buffer, digester: Digester): Promise<Buffer> {
  const hasher = digester.create();
  for await (const chunk of readChunks(file, range, buffer)) hasher.update(chunk);
  file.checkUnchanged();
  return hasher.digest();
}

/** Yields bytes in memory; the last chunk only if the file has not changed meanwhile. */
function* unchanged(file: SourceFile, bytes: Buffer): Generator<Buffer, void, void> {
  yield bytes.subarray(0, -CHUNK);
  file.checkUnchanged();
  yield bytes.subarray(-CHUNK);
}

/** Returns bytes in memory as a segment. */
export async function bufferSegment(name: string, bytes: Buffer, digester: Digester): Promise<Segment> {
  const hasher = digester.create();
  hasher.update(bytes);
  return { name, length: bytes.length, digest: await hasher.digest(), bytes, open: () => [bytes] };
}

/**
 * Returns a function that reads a segment again. The first time, its bytes are not digested: the store compares them with
 * the digest in the header, and refuses others. After that, they are, and the error names the file.
 */
function readAgain(
  file: SourceFile,
  range: Range,
  buffer: Buffer,
  digester: Digester,
  expected: Buffer,
): Segment['open'] {
  let times = 0;
  return async function* open() {
    times += 1;
    const hasher = times === 1 ? undefined : digester.create();
    let held: Buffer | undefined;
    for await (const chunk of readChunks(file, range, buffer)) {
      hasher?.update(chunk);
      if (held !== undefined) yield held;
      held = chunk;
    }
    file.checkUnchanged();
    if (hasher !== undefined && !expected.equals(await hasher.digest())) {
      throw fileChanged(file.name, 'its bytes differ from those read first');
    }
    if (held !== undefined) yield held;
  };
}

/**
 * Bytes that are read before timers, sockets and signals are handled: about 5 milliseconds. A part of up to 8 MiB is
 * read at once, so that the first of several parts is sent while the others are read.
 */
const BYTES_IN_A_ROW = 32 * CHUNK;

/**
 * Reads bytes in chunks of at most `CHUNK` bytes. They are adjacent in the buffer. A buffer that is too short is filled
 * again from its start.
 * @throws {UserError} as `SourceFile.fill`
 */
async function* readChunks(
  file: SourceFile,
  { from, length }: Range,
  buffer: Buffer,
): AsyncGenerator<Buffer, void, void> {
  let place = 0;
  for (let at = 0; at < length; at += CHUNK) {
    // If no read waits, nothing else would run before the last byte.
    if (at > 0 && at % BYTES_IN_A_ROW === 0) await nextTurn();
    const bytes = Math.min(CHUNK, length - at);
    if (place + bytes > buffer.length) place = 0;
    yield await file.fill(buffer.subarray(place, place + bytes), from + at);
    place += bytes;
  }
}

/** Bytes of buffers in use up to which a whole part can be in memory. */
const MOST_KEPT = 32 * 1024 * 1024;

/** Buffers for all readers of a command: new memory costs more than reading into it. */
export interface Buffers {
  /** Whether this many bytes of a part can be in memory, besides the buffers that are in use. */
  hasRoom(bytes: number): boolean;
  /**
   * Calls `work` with a buffer of this size, however many are in use. The buffer is used again after a success. After a
   * failure, a socket may still use it.
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
      // Drops buffers of sizes that are not in use now.
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

/** Returns the size of the buffer: one of few, so that later readers can use it. */
function sizeFor(bytes: number): number {
  let size = CHUNK;
  while (size < bytes) size *= 2;
  return size;
}
