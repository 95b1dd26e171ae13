import { crc32 } from 'node:zlib';
import { crc32Bytes, type Digester } from './digests.ts';
import { CHUNK, fileChanged, type SourceFile } from './source-file.ts';

/** Bytes whose digest was taken before they are sent: a whole file, or one part of it. */
export interface Stretch {
  /** Whose bytes they are, as it stands in a sentence. */
  readonly name: string;
  readonly length: number;
  readonly digest: Buffer;
  /**
   * The bytes, again for each try. The last of them come only once all are proved to be those that were measured, so
   * that a store never gets a changed file whole.
   * @throws {UserError} `file_changed`
   */
  readonly open: () => AsyncIterable<Buffer>;
}

/**
 * Takes the digest of a stretch of a file by reading it. What fits in one chunk is kept in memory, and read only once.
 * @throws {UserError} `file_changed` or `file_unreadable`
 */
export async function measure(
  file: SourceFile,
  from: number,
  length: number,
  digester: Digester,
): Promise<Stretch> {
  const hasher = digester.algorithm === 'crc32' ? undefined : digester.create();
  let crc = 0;
  let kept: Buffer | undefined;
  for await (const chunk of file.read(from, length)) {
    crc = crc32(chunk, crc);
    hasher?.update(chunk);
    if (length <= CHUNK) kept = chunk;
  }
  await file.checkUnchanged();
  return {
    name: file.name,
    length,
    digest: hasher === undefined ? crc32Bytes(crc) : await hasher.digest(),
    open: () => (kept === undefined ? readAgain(file, from, length, crc) : inMemory(kept)),
  };
}

/** Bytes in memory as a stretch. */
export async function measureBuffer(name: string, bytes: Buffer, digester: Digester): Promise<Stretch> {
  const hasher = digester.create();
  hasher.update(bytes);
  return { name, length: bytes.length, digest: await hasher.digest(), open: () => inMemory(bytes) };
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
  let crc = 0;
  let held: Buffer | undefined;
  for await (const chunk of file.read(from, length)) {
    crc = crc32(chunk, crc);
    if (held !== undefined) yield held;
    held = chunk;
  }
  await file.checkUnchanged();
  if (crc !== expected) throw fileChanged(file.name, 'its bytes are not those read at first');
  if (held !== undefined) yield held;
}
