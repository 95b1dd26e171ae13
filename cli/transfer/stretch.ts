import { crc32 } from 'node:zlib';
import { CHUNK, fileChanged, type SourceFile } from './source-file.ts';

/** A stretch of a file whose digest was taken before it is sent: a whole file, or one part of it. */
export interface Stretch {
  readonly file: SourceFile;
  readonly from: number;
  readonly length: number;
  readonly crc32: number;
  /**
   * The bytes, again for each try. The last of them come only once all are proved to be those that were measured, so
   * that a store never gets a changed file whole.
   * @throws {UserError} `file_changed`
   */
  readonly open: () => AsyncIterable<Buffer>;
}

/**
 * Takes the digest of a stretch by reading it. What fits in one chunk is kept in memory, and read only once.
 * @throws {UserError} `file_changed` or `file_unreadable`
 */
export async function measure(file: SourceFile, from: number, length: number): Promise<Stretch> {
  let value = 0;
  let kept: Buffer | undefined;
  for await (const chunk of file.read(from, length)) {
    value = crc32(chunk, value);
    if (length <= CHUNK) kept = chunk;
  }
  await file.checkUnchanged();
  const open = () => (kept === undefined ? readAgain(file, from, length, value) : inMemory(kept));
  return { file, from, length, crc32: value, open };
}

async function* inMemory(bytes: Buffer): AsyncGenerator<Buffer, void, void> {
  yield bytes;
}

async function* readAgain(
  file: SourceFile,
  from: number,
  length: number,
  expected: number,
): AsyncGenerator<Buffer, void, void> {
  let value = 0;
  let held: Buffer | undefined;
  for await (const chunk of file.read(from, length)) {
    value = crc32(chunk, value);
    if (held !== undefined) yield held;
    held = chunk;
  }
  await file.checkUnchanged();
  if (value !== expected) throw fileChanged(file.name, 'its bytes are not those read at first');
  if (held !== undefined) yield held;
}
