const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** S3's limits for a multipart upload: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const MIN_PART = 5 * MIB;
export const MAX_PART = 5 * GIB;
export const MAX_PARTS = 10_000;

/**
 * Default part size in bytes. Larger for files that would have more than 10,000 parts. A file that fits into one part
 * is sent with one PUT.
 */
export const DEFAULT_PART = 8 * MIB;

/** A part's number (from 1), offset and length. */
export interface Part {
  readonly number: number;
  readonly from: number;
  readonly length: number;
}

/**
 * Returns the smallest part size that divides `size` bytes into at most 10,000 parts, in whole MiB and at least `least`
 * bytes.
 */
export function suitablePartSize(size: number, least = DEFAULT_PART): number {
  return Math.max(least, Math.ceil(Math.ceil(size / MAX_PARTS) / MIB) * MIB);
}

/** Returns the number of parts of `partSize` bytes in a file of `size` bytes. An empty file has one. */
export function countParts(size: number, partSize: number): number {
  return Math.max(1, Math.ceil(size / partSize));
}

interface PartSize {
  /** Bytes of each part except the last. */
  readonly partSize: number;
}

/** Returns the parts of a file of `size` bytes, in order. */
export function partsOf(size: number, { partSize }: PartSize): readonly Part[] {
  return Array.from({ length: countParts(size, partSize) }, (_, at) => partOf(at + 1, size, { partSize }));
}

/** Returns the position of a part in a file of `size` bytes. */
export function partOf(number: number, size: number, { partSize }: PartSize): Part {
  const from = (number - 1) * partSize;
  return { number, from, length: Math.min(partSize, size - from) };
}

/** Time allowed for S3 to assemble an object, in milliseconds for each byte, in addition to the stall limit. */
const SEALING_MS_PER_BYTE = 1000 / 50e6;
const MAX_SEALING_MS = 10 * 60_000;

/** Returns the extra milliseconds to wait for a response once the body is sent, beyond the stall limit. */
export function sealingMs(bytes: number): number {
  return Math.min(MAX_SEALING_MS, bytes * SEALING_MS_PER_BYTE);
}
