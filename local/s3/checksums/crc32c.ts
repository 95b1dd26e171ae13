import { slicingTables, viewOf } from './crc-tables.ts';

/** CRC-32C (Castagnoli), in its reflected form. */
export const CRC32C_POLYNOMIAL = 0x82f63b78n;

const TABLES = slicingTables(4, CRC32C_POLYNOMIAL);

/** Continues `crc` (0 to begin with) over `data`; an unsigned 32-bit number, as `zlib.crc32` gives it. */
export function crc32c(data: Uint8Array, crc = 0): number {
  const whole = data.length & ~15;
  let state = wholeBlocks(TABLES, viewOf(data), whole, ~crc);
  for (const byte of data.subarray(whole)) {
    state = (state >>> 8) ^ TABLES.getInt32(((state ^ byte) & 255) * 4, true);
  }
  return ~state >>> 0;
}

function wholeBlocks(tables: DataView, view: DataView, end: number, crc: number): number {
  let state = crc;
  for (let at = 0; at < end; at += 16) {
    const a = state ^ view.getInt32(at, true);
    const b = view.getInt32(at + 4, true);
    const c = view.getInt32(at + 8, true);
    const d = view.getInt32(at + 12, true);
    state =
      tables.getInt32(15360 + ((a << 2) & 1020), true) ^
      tables.getInt32(14336 + ((a >>> 6) & 1020), true) ^
      tables.getInt32(13312 + ((a >>> 14) & 1020), true) ^
      tables.getInt32(12288 + ((a >>> 22) & 1020), true) ^
      tables.getInt32(11264 + ((b << 2) & 1020), true) ^
      tables.getInt32(10240 + ((b >>> 6) & 1020), true) ^
      tables.getInt32(9216 + ((b >>> 14) & 1020), true) ^
      tables.getInt32(8192 + ((b >>> 22) & 1020), true) ^
      tables.getInt32(7168 + ((c << 2) & 1020), true) ^
      tables.getInt32(6144 + ((c >>> 6) & 1020), true) ^
      tables.getInt32(5120 + ((c >>> 14) & 1020), true) ^
      tables.getInt32(4096 + ((c >>> 22) & 1020), true) ^
      tables.getInt32(3072 + ((d << 2) & 1020), true) ^
      tables.getInt32(2048 + ((d >>> 6) & 1020), true) ^
      tables.getInt32(1024 + ((d >>> 14) & 1020), true) ^
      tables.getInt32((d >>> 22) & 1020, true);
  }
  return state;
}
