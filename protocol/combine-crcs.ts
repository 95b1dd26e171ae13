/** A CRC as a polynomial over GF(2) with reflected bits: the highest bit is the coefficient of 1. */
interface Field {
  readonly width: number;
  readonly polynomial: bigint;
}

/** https://reveng.sourceforge.io/crc-catalogue/all.htm: CRC-32/ISO-HDLC, CRC-32/ISCSI and CRC-64/NVME, reflected. */
const FIELDS = {
  crc32: { width: 32, polynomial: 0xedb88320n },
  crc32c: { width: 32, polynomial: 0x82f63b78n },
  crc64nvme: { width: 64, polynomial: 0x9a6c9329ac4bc9b5n },
} satisfies Record<string, Field>;

export interface PartCrc {
  /** Length of the part in bytes. */
  readonly size: number;
  /** The part's CRC, big-endian. */
  readonly digest: Uint8Array;
}

function multiply(left: bigint, right: bigint, { width, polynomial }: Field): bigint {
  let product = 0n;
  let term = right;
  for (let bit = BigInt(width) - 1n; bit >= 0n; bit -= 1n) {
    if ((left >> bit) & 1n) product ^= term;
    term = term & 1n ? (term >> 1n) ^ polynomial : term >> 1n;
  }
  return product;
}

/**
 * Returns x to the power of the number of bits in `bytes` bytes. A CRC followed by that many bytes is multiplied by it.
 */
function shiftBy(bytes: number, field: Field): bigint {
  let power = 1n << (BigInt(field.width) - 1n);
  let square = power >> 1n;
  for (let bits = BigInt(bytes) * 8n; bits > 0n; bits >>= 1n) {
    if (bits & 1n) power = multiply(power, square, field);
    square = multiply(square, square, field);
  }
  return power;
}

/** Returns the CRC of an object, computed from the CRCs and sizes of its parts. Big-endian. */
export function combineCrcs(algorithm: keyof typeof FIELDS, parts: readonly PartCrc[]): Uint8Array {
  const field = FIELDS[algorithm];
  // All parts except the last have the same size, so its factor is computed once.
  const factors = new Map<number, bigint>();
  let combined = 0n;
  for (const { size, digest } of parts) {
    const factor = factors.get(size) ?? shiftBy(size, field);
    factors.set(size, factor);
    const crc = digest.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
    combined = multiply(combined, factor, field) ^ crc;
  }
  return Uint8Array.from({ length: field.width / 8 }, (_, byte) =>
    Number(BigInt.asUintN(8, combined >> BigInt(field.width - 8 * (byte + 1)))),
  );
}
