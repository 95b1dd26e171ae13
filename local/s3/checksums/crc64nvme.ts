import { slicingTables, viewOf } from './crc-tables.ts';

/** CRC-64/NVME, in its reflected form. */
export const CRC64NVME_POLYNOMIAL = 0x9a6c9329ac4bc9b5n;

const TABLES = slicingTables(8, CRC64NVME_POLYNOMIAL);

/** A running CRC-64/NVME. JavaScript has no fast 64-bit integers, so its state is kept in two halves. */
export class Crc64Nvme {
  #high = -1;
  #low = -1;

  update(data: Uint8Array): void {
    const whole = data.length & ~15;
    this.#wholeBlocks(TABLES, viewOf(data), whole);
    for (const byte of data.subarray(whole)) {
      const at = ((this.#low ^ byte) & 255) * 8;
      this.#low = ((this.#low >>> 8) | (this.#high << 24)) ^ TABLES.getInt32(at, true);
      this.#high = (this.#high >>> 8) ^ TABLES.getInt32(at + 4, true);
    }
  }

  /** Eight bytes, big-endian, as `x-amz-checksum-crc64nvme` has them. */
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
