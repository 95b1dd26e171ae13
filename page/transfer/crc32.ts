import { checkEnd } from './read-file.ts';

const TABLES = 8;

/** Creates the tables for slicing by 8: table n has the CRC of a byte followed by n zero bytes. */
function makeTables(): Int32Array {
  const tables = new Int32Array(256 * TABLES);
  for (let at = 0; at < tables.length; at += 1) {
    if (at < 256) {
      let crc = at;
      for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
      tables[at] = crc;
    } else {
      const shorter = tables[at - 256] as number;
      tables[at] = (shorter >>> 8) ^ (tables[shorter & 255] as number);
    }
  }
  return tables;
}

const tables = makeTables();

/** Returns an entry of a table. V8 inlines the call. */
function entry(table: number, byte: number): number {
  return tables[(table << 8) + (byte & 255)] as number;
}

/**
 * Returns the CRC-32 (ISO-HDLC) of bytes, as zlib does. Requires a little-endian machine, as every browser's is.
 * @param before CRC-32 of the bytes before them
 */
export function updateCrc32(bytes: Uint8Array<ArrayBuffer>, before = 0): number {
  let crc = ~before;
  let at = 0;
  if (bytes.byteOffset % 4 === 0) {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    const even = words.length & ~1;
    for (let word = 0; word < even; word += 2) {
      const one = (words[word] as number) ^ crc;
      const two = words[word + 1] as number;
      crc =
        entry(7, one) ^
        entry(6, one >>> 8) ^
        entry(5, one >>> 16) ^
        entry(4, one >>> 24) ^
        entry(3, two) ^
        entry(2, two >>> 8) ^
        entry(1, two >>> 16) ^
        entry(0, two >>> 24);
    }
    at = even * 4;
  }
  for (; at < bytes.length; at += 1) crc = (crc >>> 8) ^ entry(0, crc ^ (bytes[at] as number));
  return ~crc >>> 0;
}

/** Size of the buffer that a file is read into. */
const BUFFER_BYTES = 1024 * 1024;

/** Chromium collects the stream of a file while it is read, unless a global object refers to it. */
const inUse = new Set<ReadableStreamBYOBReader>();

/**
 * Yields the bytes of a slice in pieces. Each is valid until the next. In Chromium, reading into one buffer takes a
 * third of the time of `arrayBuffer`.
 */
async function* piecesOf(slice: Blob): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const stream = slice.stream();
  let reader: ReadableStreamBYOBReader;
  try {
    reader = stream.getReader({ mode: 'byob' });
  } catch {
    // Safari's file streams cannot read into a given buffer.
    for (let at = 0; at < slice.size; at += BUFFER_BYTES) {
      yield new Uint8Array(await slice.slice(at, at + BUFFER_BYTES).arrayBuffer());
    }
    return;
  }
  inUse.add(reader);
  try {
    for (let buffer = new ArrayBuffer(BUFFER_BYTES); ; ) {
      const { value } = await reader.read(new Uint8Array(buffer));
      if (value === undefined || value.length === 0) return;
      yield value;
      buffer = value.buffer;
    }
  } finally {
    inUse.delete(reader);
  }
}

/** Returns the CRC-32 of a slice of a file. Reads it in pieces. */
export async function crc32(slice: Blob): Promise<number> {
  let crc = 0;
  let bytes = 0;
  for await (const piece of piecesOf(slice)) {
    crc = updateCrc32(piece, crc);
    bytes += piece.length;
  }
  checkEnd(bytes, slice);
  return crc;
}

/** Returns a CRC-32 as four big-endian bytes, which S3 sends in base64. */
export function crcBytes(crc: number): Uint8Array {
  return Uint8Array.of(crc >>> 24, crc >>> 16, crc >>> 8, crc);
}

/** Returns bytes in base64. */
export function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
