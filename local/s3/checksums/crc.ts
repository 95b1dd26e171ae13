/**
 * Creates sixteen tables of 256 entries for a CRC over 16 bytes at a time (slicing-by-16). Entry `256 * s + b` is the
 * CRC state after the byte `b` and `s` zero bytes, least significant byte first. It reaches about 1 GB/s in JavaScript,
 * four times as much as a byte-wise loop.
 *
 * @param width - bytes of the CRC
 * @param polynomial - in reflected form
 */
function slicingTables(width: 4 | 8, polynomial: bigint): DataView {
  const tables = new DataView(new ArrayBuffer(16 * 256 * width));
  for (let byte = 0; byte < 256; byte++) {
    let state = BigInt(byte);
    for (let slice = 0; slice < 16; slice++) {
      for (let bit = 0; bit < 8; bit++) state = state & 1n ? (state >> 1n) ^ polynomial : state >> 1n;
      const at = (slice * 256 + byte) * width;
      if (width === 4) tables.setUint32(at, Number(state), true);
      else tables.setBigUint64(at, state, true);
    }
  }
  return tables;
}

/** Returns a view of the same bytes. Its wide reads need no alignment. */
function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}

/** CRC-32C (Castagnoli), in reflected form. */
export const CRC32C_POLYNOMIAL = 0x82f63b78n;

let crc32cTables: DataView | undefined;

/** Continues `crc` (initially 0) with `data`. Returns an unsigned 32-bit number, like `zlib.crc32`. */
export function crc32c(data: Uint8Array, crc = 0): number {
  crc32cTables ??= slicingTables(4, CRC32C_POLYNOMIAL);
  const whole = data.length & ~15;
  let state = wholeBlocks(crc32cTables, viewOf(data), whole, ~crc);
  for (const byte of data.subarray(whole)) {
    state = (state >>> 8) ^ crc32cTables.getInt32(((state ^ byte) & 255) * 4, true);
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

/** CRC-64/NVME, in reflected form. */
export const CRC64NVME_POLYNOMIAL = 0x9a6c9329ac4bc9b5n;

let crc64NvmeTables: DataView | undefined;

/** A running CRC-64/NVME. Its state is in two halves, because JavaScript has no fast 64-bit integers. */
export class Crc64Nvme {
  #high = -1;
  #low = -1;

  update(data: Uint8Array): void {
    crc64NvmeTables ??= slicingTables(8, CRC64NVME_POLYNOMIAL);
    const whole = data.length & ~15;
    this.#wholeBlocks(crc64NvmeTables, viewOf(data), whole);
    for (const byte of data.subarray(whole)) {
      const at = ((this.#low ^ byte) & 255) * 8;
      this.#low = ((this.#low >>> 8) | (this.#high << 24)) ^ crc64NvmeTables.getInt32(at, true);
      this.#high = (this.#high >>> 8) ^ crc64NvmeTables.getInt32(at + 4, true);
    }
  }

  /** Returns eight big-endian bytes, as `x-amz-checksum-crc64nvme` encodes them. */
  digest(): Buffer {
    const digest = Buffer.allocUnsafe(8);
    digest.writeInt32BE(~this.#high, 0);
    digest.writeInt32BE(~this.#low, 4);
    return digest;
  }

  #wholeBlocks(tables: DataView, view: DataView, end: number): void {
    let low = this.#low;
    let high = this.#high;
    for (let at = 0; at < end; at += 16) {
      const a = low ^ view.getInt32(at, true);
      const b = high ^ view.getInt32(at + 4, true);
      const c = view.getInt32(at + 8, true);
      const d = view.getInt32(at + 12, true);
      const i0 = 30720 + ((a << 3) & 2040);
      const i1 = 28672 + ((a >>> 5) & 2040);
      const i2 = 26624 + ((a >>> 13) & 2040);
      const i3 = 24576 + ((a >>> 21) & 2040);
      const i4 = 22528 + ((b << 3) & 2040);
      const i5 = 20480 + ((b >>> 5) & 2040);
      const i6 = 18432 + ((b >>> 13) & 2040);
      const i7 = 16384 + ((b >>> 21) & 2040);
      const i8 = 14336 + ((c << 3) & 2040);
      const i9 = 12288 + ((c >>> 5) & 2040);
      const i10 = 10240 + ((c >>> 13) & 2040);
      const i11 = 8192 + ((c >>> 21) & 2040);
      const i12 = 6144 + ((d << 3) & 2040);
      const i13 = 4096 + ((d >>> 5) & 2040);
      const i14 = 2048 + ((d >>> 13) & 2040);
      const i15 = (d >>> 21) & 2040;
      low =
        tables.getInt32(i0, true) ^
        tables.getInt32(i1, true) ^
        tables.getInt32(i2, true) ^
        tables.getInt32(i3, true) ^
        tables.getInt32(i4, true) ^
        tables.getInt32(i5, true) ^
        tables.getInt32(i6, true) ^
        tables.getInt32(i7, true) ^
        tables.getInt32(i8, true) ^
        tables.getInt32(i9, true) ^
        tables.getInt32(i10, true) ^
        tables.getInt32(i11, true) ^
        tables.getInt32(i12, true) ^
        tables.getInt32(i13, true) ^
        tables.getInt32(i14, true) ^
        tables.getInt32(i15, true);
      high =
        tables.getInt32(i0 + 4, true) ^
        tables.getInt32(i1 + 4, true) ^
        tables.getInt32(i2 + 4, true) ^
        tables.getInt32(i3 + 4, true) ^
        tables.getInt32(i4 + 4, true) ^
        tables.getInt32(i5 + 4, true) ^
        tables.getInt32(i6 + 4, true) ^
        tables.getInt32(i7 + 4, true) ^
        tables.getInt32(i8 + 4, true) ^
        tables.getInt32(i9 + 4, true) ^
        tables.getInt32(i10 + 4, true) ^
        tables.getInt32(i11 + 4, true) ^
        tables.getInt32(i12 + 4, true) ^
        tables.getInt32(i13 + 4, true) ^
        tables.getInt32(i14 + 4, true) ^
        tables.getInt32(i15 + 4, true);
    }
    this.#low = low;
    this.#high = high;
  }
}
