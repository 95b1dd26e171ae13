import { resolve } from 'node:path';
import { addAbortSignal, Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { fileURLToPath } from 'node:url';
import { isArrayBuffer, isUint8Array } from 'node:util/types';
import { omitUndefined } from '../../protocol/fields.ts';
import { keyProblem } from '../../protocol/object-url.ts';
import { UserError } from '../errors.ts';
import type { Item } from '../transfer/sources/items.ts';
import { untilAborted } from '../transfer/sources/until-aborted.ts';
import type { UploadOptions, UploadSource } from './types.ts';

/** Bytes of a piece of data in memory. */
const PIECE = 64 * 1024;

/**
 * Converts a source to an item.
 * @param signal Ends reading from a stream.
 * @throws {UserError} `bad_key`, `usage`
 */
export function sourceItem(
  source: UploadSource,
  { key, size }: Pick<UploadOptions, 'key' | 'size'>,
  signal: AbortSignal,
): Item {
  const problem = typeof key === 'string' ? keyProblem(key) : 'is not text';
  if (problem !== undefined) throw new UserError('bad_key', `Invalid key “${String(key)}”: it ${problem}.`);
  if (typeof source === 'string' || source instanceof URL) {
    return { name: String(source), key, kind: 'file', path: pathOf(source) };
  }
  if (isUsed(source)) throw new UserError('usage', `The stream for ${key} was already read or closed.`);
  const { chunks, length } = streamOf(source, signal);
  const expected = size ?? length;
  const pieces = bytesOf(chunks, key);
  // Bytes in memory change their length when their buffer is resized or transferred.
  const exact = expected === undefined ? pieces : ofSize(pieces, expected, key);
  // Without a listener, a late stream error would end the process.
  const stream = Readable.from(exact, { objectMode: false }).on('error', () => {});
  return { name: key, key, kind: 'stream', stream, ...omitUndefined({ size: expected }) };
}

function pathOf(source: string | URL): string {
  if (source === '') throw new UserError('usage', 'The path of the source is empty.');
  if (typeof source === 'string') return resolve(source);
  try {
    return fileURLToPath(source);
  } catch (cause) {
    throw new UserError('usage', `“${source.href}” is not the URL of a file.`, { cause });
  }
}

/** Closes a stream that was not read to its end. */
export function closeSource(source: unknown): void {
  if (isStream(source)) {
    try {
      source.on('error', () => {});
      source.destroy();
    } catch {
      // The caller reports the failure of the upload.
    }
    return;
  }
  // A stream that somebody else is reading is not closed.
  if (source instanceof ReadableStream && !source.locked) void source.cancel().catch(() => {});
}

/**
 * Whether a source is a stream of Node, or of a package with classes of its own, such as `readable-stream` or `streamx`.
 * Other objects are iterated, even if they have some of these methods.
 */
function isStream(source: unknown): source is Readable {
  if (typeof source !== 'object' || source === null) return false;
  const { pipe, on, destroy, readable } = source as Record<string, unknown>;
  const isReadable = typeof readable === 'boolean' && Symbol.asyncIterator in source;
  return isReadable && [pipe, on, destroy].every((method) => typeof method === 'function');
}

/** Streams and iterators that an upload reads. A second reader would get only some of the bytes. */
const taken = new WeakSet<object>();

/** Whether a source is an iterator, such as a generator, which is read once. Other iterables start again. */
function isIterator(source: unknown): source is AsyncIterator<unknown> {
  return typeof source === 'object' && source !== null && 'next' in source;
}

/** Whether a stream is being read already, or would be stored as an empty object. */
export function isUsed(source: unknown): boolean {
  if (source instanceof ReadableStream) {
    return taken.has(source) || source.locked || Readable.isDisturbed(source as unknown as Readable);
  }
  if (isIterator(source)) return taken.has(source);
  // A failed stream is read, so that its error is reported.
  if (!isStream(source) || source.errored) return false;
  return taken.has(source) || source.destroyed || !source.readable;
}

interface Chunks {
  /** Ends when the signal is aborted, even if the stream never settles. */
  readonly chunks: AsyncIterable<unknown> | Iterable<unknown>;
  readonly length?: number;
}

function streamOf(source: Exclude<UploadSource, string | URL>, signal: AbortSignal): Chunks {
  if (isUint8Array(source)) {
    requireBytes(source.buffer);
    return { chunks: piecesOf(source), length: source.byteLength };
  }
  if (isArrayBuffer(source)) return streamOf(requireBytes(source), signal);
  if (source instanceof Blob) {
    return { ...streamOf(source.stream() as ReadableStream<Uint8Array>, signal), length: source.size };
  }
  if (source instanceof ReadableStream) {
    taken.add(source);
    return { chunks: untilAborted(chunksOf(source), signal) };
  }
  if (isStream(source)) {
    taken.add(source);
    // The reader of the stream gets the error.
    source.on('error', () => {});
    return { chunks: untilAborted(addAbortSignal(signal, source), signal) };
  }
  if (typeof (source as unknown) === 'object' && source !== null && Symbol.asyncIterator in source) {
    if (isIterator(source)) taken.add(source);
    return { chunks: copied(untilAborted<unknown>(source, signal)) };
  }
  throw new UserError('usage', 'The source is neither a path nor bytes, a Blob or a stream of bytes.');
}

/**
 * Returns the chunks of a stream, which is locked once it is read. `Readable.fromWeb` would read empty chunks without
 * letting anything else run, and the stream's own iterator cannot be closed while a chunk is awaited.
 */
function chunksOf(stream: ReadableStream): AsyncIterable<unknown> {
  return {
    [Symbol.asyncIterator]() {
      const reader = stream.getReader();
      return {
        next: () => reader.read(),
        async return() {
          await reader.cancel();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

/**
 * Returns the bytes of a buffer.
 * @throws {UserError} `usage` for a buffer that was transferred to another thread, because it would be stored as an
 * empty object
 */
function requireBytes(buffer: ArrayBufferLike): Uint8Array {
  try {
    return new Uint8Array(buffer);
  } catch (cause) {
    throw new UserError('usage', 'The buffer of the source was transferred to another thread.', { cause });
  }
}

/** Copies each chunk, because a generator can fill the same buffer again while the chunk waits to be sent. */
async function* copied(chunks: AsyncIterable<unknown>): AsyncGenerator<unknown, void, void> {
  for await (const chunk of chunks) yield isUint8Array(chunk) ? Buffer.from(chunk) : chunk;
}

function* piecesOf(bytes: Uint8Array): Generator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.byteLength; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

async function* bytesOf(chunks: Chunks['chunks'], key: string): AsyncGenerator<Buffer, void, void> {
  for await (const chunk of chunks) {
    if (isUint8Array(chunk)) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    else if (typeof chunk === 'string') yield Buffer.from(chunk);
    else if (isArrayBuffer(chunk)) yield Buffer.from(chunk);
    else throw new UserError('usage', `The stream for ${key} yields ${typeof chunk} instead of bytes.`);
  }
}

/** @throws {UserError} `file_changed` if the stream has another size */
async function* ofSize(
  chunks: AsyncIterable<Buffer>,
  size: number,
  key: string,
): AsyncGenerator<Buffer, void, void> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > size) throw notOfSize(key, size, 'more');
    yield chunk;
  }
  if (bytes < size) throw notOfSize(key, size, `${bytes}`);
}

function notOfSize(key: string, size: number, found: string): UserError {
  return new UserError('file_changed', `The stream for ${key} should have ${size} bytes; it has ${found}.`);
}
