import type { Algorithm, PartDigest } from './digests.ts';

/** A CRC as a field of polynomials over GF(2), bits reflected: the highest bit is the coefficient of 1. */
interface Field {
  readonly width: bigint;
  readonly polynomial: bigint;
}

/** https://reveng.sourceforge.io/crc-catalogue/all.htm: CRC-32/ISO-HDLC, CRC-32/ISCSI, CRC-64/NVME, reflected. */
const FIELDS: Readonly<Record<Exclude<Algorithm, 'sha256'>, Field>> = {
  crc32: { width: 32n, polynomial: 0xedb88320n },
  crc32c: { width: 32n, polynomial: 0x82f63b78n },
  crc64nvme: { width: 64n, polynomial: 0x9a6c9329ac4bc9b5n },
};

function times(left: bigint, right: bigint, { width, polynomial }: Field): bigint {
  let sum = 0n;
  let term = right;
  for (let bit = width - 1n; bit >= 0n; bit -= 1n) {
    if ((left >> bit) & 1n) sum ^= term;
    term = term & 1n ? (term >> 1n) ^ polynomial : term >> 1n;
  }
  return sum;
}

/** What a CRC is multiplied with when `bytes` bytes follow: x to the power of their bits. */
function shiftBy(bytes: number, field: Field): bigint {
  let power = 1n << (field.width - 1n);
  let square = power >> 1n;
  for (let bits = BigInt(bytes) * 8n; bits > 0n; bits >>= 1n) {
    if (bits & 1n) power = times(power, square, field);
    square = times(square, square, field);
  }
  return power;
}

/** The CRC of parts put one after another, from their CRCs and sizes alone. */
export function combineCrcs(algorithm: Exclude<Algorithm, 'sha256'>, parts: readonly PartDigest[]): Buffer {
  const field = FIELDS[algorithm];
  // All parts but the last are of one size, so that its factor is worked out once.
  const factors = new Map<number, bigint>();
  let combined = 0n;
  for (const { size, digest } of parts) {
    const factor = factors.get(size) ?? shiftBy(size, field);
    factors.set(size, factor);
    combined = times(combined, factor, field) ^ BigInt(`0x${digest.toString('hex')}`);
  }
  const hex = combined.toString(16).padStart(Number(field.width / 4n), '0');
  return Buffer.from(hex, 'hex');
}
