import { ALGORITHMS, type Algorithm } from './algorithms.ts';
import { CRC32C_POLYNOMIAL, CRC64NVME_POLYNOMIAL } from './crc.ts';

export interface PartDigest {
  /** Length of the part in bytes. */
  readonly size: number;
  readonly digest: Buffer;
}

interface Field {
  readonly bits: bigint;
  /** Reflected. */
  readonly polynomial: bigint;
}

const FIELDS: Partial<Record<Algorithm, Field>> = {
  CRC32: { bits: 32n, polynomial: 0xedb88320n },
  CRC32C: { bits: 32n, polynomial: CRC32C_POLYNOMIAL },
  CRC64NVME: { bits: 64n, polynomial: CRC64NVME_POLYNOMIAL },
};

/**
 * Returns the CRC of concatenated parts from the CRCs of the parts. Appending `n` bytes multiplies the CRC before them by
 * x^8n in the CRC's field.
 * @throws TypeError for an algorithm that is not a CRC
 */
export function combineCrcs(algorithm: Algorithm, parts: readonly PartDigest[]): Buffer {
  const field = FIELDS[algorithm];
  if (field === undefined) throw new TypeError(`${algorithm} checksums cannot be combined`);
  const shifts = new Map<number, bigint>();
  let combined = 0n;
  for (const { size, digest } of parts) {
    let shift = shifts.get(size);
    if (shift === undefined) {
      shift = powerOfX(field, BigInt(size) * 8n);
      shifts.set(size, shift);
    }
    combined = multiply(field, combined, shift) ^ BigInt(`0x${digest.toString('hex')}`);
  }
  const digits = ALGORITHMS[algorithm].bytes * 2;
  return Buffer.from(combined.toString(16).padStart(digits, '0'), 'hex');
}

/**
 * Multiplies reflected polynomials: the highest bit is the coefficient of 1, and a shift to the right multiplies by x.
 */
function multiply({ bits, polynomial }: Field, a: bigint, b: bigint): bigint {
  let product = 0n;
  let shifted = b;
  for (let mask = 1n << (bits - 1n); mask !== 0n; mask >>= 1n) {
    if (a & mask) product ^= shifted;
    shifted = shifted & 1n ? (shifted >> 1n) ^ polynomial : shifted >> 1n;
  }
  return product;
}

function powerOfX(field: Field, exponent: bigint): bigint {
  let power = 1n << (field.bits - 1n);
  let square = power >> 1n;
  for (let rest = exponent; rest !== 0n; rest >>= 1n) {
    if (rest & 1n) power = multiply(field, power, square);
    square = multiply(field, square, square);
  }
  return power;
}
