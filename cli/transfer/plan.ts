import { UserError } from '../errors.ts';
import { count, formatBytes } from '../ui/format.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** S3's bounds of a multipart upload: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const MIN_PART = 5 * MIB;
export const MAX_PART = 5 * GIB;
export const MAX_PARTS = 10_000;
export const MAX_OBJECT = MAX_PARTS * MAX_PART;
/** The most that S3 takes in one PUT. */
export const MAX_WHOLE = 5 * GIB;

/** Parts are of this size unless the file is too large for 10,000 of them; what fits in one goes whole. */
export const DEFAULT_PART = 16 * MIB;

export const MULTIPART_MODES = ['auto', 'never', 'always'] as const;
export type MultipartMode = (typeof MULTIPART_MODES)[number];

export interface PlanOptions {
  readonly multipart?: MultipartMode;
  /** Bytes, instead of what suits the size. */
  readonly partSize?: number;
}

/** How many requests a file is divided among; one part means one PUT, unless `multipart`. */
export interface Plan {
  readonly multipart: boolean;
  /** Bytes of each part but the last. */
  readonly partSize: number;
  readonly parts: number;
}

/** A part's number (from 1), its first byte and its length. */
export interface Part {
  readonly number: number;
  readonly from: number;
  readonly length: number;
}

/** The smallest part size, in whole MiB and 16 at least, with which `size` bytes make 10,000 parts or fewer. */
export function suitablePartSize(size: number): number {
  return Math.max(DEFAULT_PART, Math.ceil(Math.ceil(size / MAX_PARTS) / MIB) * MIB);
}

/** @throws {UserError} `usage` for a part size that S3 does not take. */
export function checkPartSize(partSize: number): void {
  if (Number.isInteger(partSize) && partSize >= MIN_PART && partSize <= MAX_PART) return;
  throw new UserError(
    'usage',
    `Parts of ${formatBytes(partSize)} are not possible: S3 takes 5 MiB to 5 GiB.`,
    {
      hint: 'Leave --part-size out: what suits the file is chosen by itself.',
    },
  );
}

/**
 * How a file of `size` bytes goes out.
 * @throws {UserError} `too_large` for what S3 cannot hold or take in one request; `usage` for a part size that makes
 * more than 10,000 parts.
 */
export function planUpload(name: string, size: number, options: PlanOptions = {}): Plan {
  const { multipart = 'auto', partSize = suitablePartSize(size) } = options;
  if (multipart === 'never') {
    if (size > MAX_WHOLE) throw tooLarge(name, size, MAX_WHOLE, 'in one request', 'Leave --multipart out.');
    return { multipart: false, partSize: size, parts: 1 };
  }
  if (size > MAX_OBJECT) throw tooLarge(name, size, MAX_OBJECT, 'as one object');
  checkPartSize(partSize);
  const plan = planOfParts(size, partSize);
  const { parts } = plan;
  if (parts > MAX_PARTS) {
    throw new UserError(
      'usage',
      `${name} (${formatBytes(size)}) would make ${count(parts, 'part')}; S3 takes ${MAX_PARTS.toLocaleString('en-US')}.`,
      { hint: `Leave --part-size out, or give it ${suitablePartSize(size) / MIB}M at least.` },
    );
  }
  if (multipart === 'auto' && parts === 1 && size <= MAX_WHOLE) {
    return { multipart: false, partSize: size, parts: 1 };
  }
  return plan;
}

function tooLarge(name: string, size: number, bound: number, how: string, hint?: string): UserError {
  return new UserError(
    'too_large',
    `${name} has ${formatBytes(size)}; S3 takes ${formatBytes(bound)} ${how}.`,
    hint === undefined ? {} : { hint },
  );
}

/** Returns the plan of a multipart upload of `size` bytes in parts of `partSize`. */
export function planOfParts(size: number, partSize: number): Plan {
  return { multipart: true, partSize, parts: Math.max(1, Math.ceil(size / partSize)) };
}

/** All parts of a file of `size` bytes, in order. */
export function partsOf(size: number, plan: Plan): readonly Part[] {
  return Array.from({ length: plan.parts }, (_, index) => partOf(index + 1, size, plan));
}

/** Where a part lies in a file of `size` bytes. */
export function partOf(number: number, size: number, { partSize }: Plan): Part {
  const from = (number - 1) * partSize;
  return { number, from, length: Math.min(partSize, size - from) };
}
