import { crc32 } from 'node:zlib';
import { CHUNK, type Ring, type Rings } from '../pacing/buffers.ts';
import { crc32Bytes, type Digester } from '../proof/digests.ts';
import { fileChanged, type SourceFile } from './source-file.ts';

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

/** What measuring takes. */
export interface Measuring {
  readonly digester: Digester;
  readonly rings: Rings;
}

/**
 * Takes the digest of a stretch of a file by reading it, and hands it on. Its memory is used again once `use` has come to
 * a good end; after a bad one a socket may still hold on to it.
 * @throws {UserError} `file_changed` or `file_unreadable`, and whatever `use` throws.
 */
export async function withStretch<T>(
  file: SourceFile,
  { from, length }: { readonly from: number; readonly length: number },
  { digester, rings }: Measuring,
  use: (stretch: Stretch) => Promise<T>,
): Promise<T> {
  const ring = rings.take();
  const value = await use(await measure(file, { from, length, ring }, digester));
  rings.give(ring);
  return value;
}

interface Place {
  readonly from: number;
  readonly length: number;
  readonly ring: Ring;
}

/** What fits in one chunk is kept in memory, and read only once. */
async function measure(file: SourceFile, place: Place, digester: Digester): Promise<Stretch> {
  const { from, length, ring } = place;
  const hasher = digester.algorithm === 'crc32' ? undefined : digester.create();
  let crc = 0;
  let kept: Buffer | undefined;
  for await (const chunk of file.read(from, length, ring)) {
    crc = crc32(chunk, crc);
    hasher?.update(chunk);
    if (length <= CHUNK) kept = chunk;
  }
  file.checkUnchanged();
  return {
    name: file.name,
    length,
    digest: hasher === undefined ? crc32Bytes(crc) : await hasher.digest(),
    open: () => (kept === undefined ? readAgain(file, place, crc) : inMemory(kept)),
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
