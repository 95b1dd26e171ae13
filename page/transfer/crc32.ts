const TABLES = 8;

/** Slicing by 8: table n has the CRC of a byte that n zero bytes follow. */
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

/** Returns an entry of a table. V8 inlines this. */
function entry(table: number, byte: number): number {
  return tables[(table << 8) + (byte & 255)] as number;
}

/**
 * Returns the CRC-32 (ISO-HDLC) of bytes, as zlib does. Browsers run on little-endian machines only.
 * @param before of the bytes that precede them
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

/** Bytes of a slice that are in memory at once. */
const PIECE = 4 * 1024 * 1024;

/** Returns the CRC-32 of a slice of a file, which is read in pieces. */
export async function crc32(slice: Blob): Promise<number> {
  let crc = 0;
  for (let at = 0; at < slice.size; at += PIECE) {
    const piece = await slice.slice(at, at + PIECE).arrayBuffer();
    crc = updateCrc32(new Uint8Array(piece), crc);
  }
  return crc;
}

/** Returns a CRC-32 as four bytes, big-endian, as S3 writes it in base64. */
export function crcBytes(crc: number): Uint8Array {
  return Uint8Array.of(crc >>> 24, crc >>> 16, crc >>> 8, crc);
}

/** Returns bytes in base64. */
export function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
