import {
  countParts,
  DEFAULT_PART,
  MAX_PART,
  MAX_PARTS,
  MIN_PART,
  suitablePartSize,
} from '../../protocol/parts.ts';
import { UserError, type UserErrorOptions } from '../errors.ts';
import { count, formatBytes } from '../ui/format.ts';

const MIB = 1024 ** 2;

export const MAX_OBJECT = MAX_PARTS * MAX_PART;
/** S3's limit for one PUT: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const MAX_WHOLE = 5 * 1024 ** 3;

/** Bytes of a part of a stream of unknown length, which can have at most 10,000 parts. */
export const STREAM_PART = 16 * MIB;

export const MULTIPART_MODES = ['auto', 'never', 'always'] as const;
export type MultipartMode = (typeof MULTIPART_MODES)[number];

export interface PlanOptions {
  readonly multipart?: MultipartMode;
  /** Bytes; absent: chosen by the file's size. */
  readonly partSize?: number;
  /** Rate limit in bytes a second. It makes parts small, so that each is stored soon. */
  readonly limitRate?: number;
}

/** The plan of a file's upload: in parts of a multipart upload, or by one PUT. */
export interface Plan {
  readonly multipart: boolean;
  /** Bytes of each part but the last. */
  readonly partSize: number;
  readonly parts: number;
}

/** @throws {UserError} `usage` for a part size that S3 refuses. */
export function checkPartSize(partSize: number): void {
  if (Number.isInteger(partSize) && partSize >= MIN_PART && partSize <= MAX_PART) return;
  const why = `${formatBytes(partSize)}. S3 accepts parts of 5 MiB to 5 GiB.`;
  throw new UserError('usage', `Invalid value for --part-size: ${why}`, {
    hint: 'Omit --part-size; the size is then chosen for the file.',
    library: {
      message: `Invalid value for partSize: ${why}`,
      hint: 'Omit partSize; the size is then chosen for the file.',
    },
  });
}

/**
 * Plans the upload of a file of `size` bytes.
 * @throws {UserError} `too_large` beyond S3's limits; `usage` for a part size that makes more than 10,000 parts.
 */
export function planUpload(name: string, size: number, options: PlanOptions = {}): Plan {
  const { multipart = 'auto', partSize, limitRate } = options;
  const whole: Plan = { multipart: false, partSize: size, parts: 1 };
  if (multipart === 'never') {
    if (size <= MAX_WHOLE) return whole;
    throw tooLarge(name, size, MAX_WHOLE, 'in one request', {
      hint: 'Omit --multipart.',
      library: { hint: 'Omit multipart.' },
    });
  }
  if (size > MAX_OBJECT) throw tooLarge(name, size, MAX_OBJECT, 'as one object');
  if (partSize !== undefined) checkPartSize(partSize);
  const least = limitRate === undefined ? DEFAULT_PART : MIN_PART;
  if (multipart === 'auto' && size <= (partSize ?? least)) return whole;
  const plan = planOfParts(size, partSize ?? suitablePartSize(size, least));
  if (plan.parts <= MAX_PARTS) return plan;
  const smallest = suitablePartSize(size, MIN_PART);
  throw new UserError(
    'usage',
    `${name} (${formatBytes(size)}) would need ${count(plan.parts, 'part')}; S3 accepts ${MAX_PARTS.toLocaleString('en-US')}.`,
    {
      hint: `Omit --part-size, or set it to ${smallest / MIB}M or more.`,
      library: { hint: `Omit partSize, or set it to ${smallest} or more.` },
    },
  );
}

function tooLarge(
  name: string,
  size: number,
  bound: number,
  how: string,
  texts?: UserErrorOptions,
): UserError {
  return new UserError(
    'too_large',
    `${name} has ${formatBytes(size)}; S3 accepts ${formatBytes(bound)} ${how}.`,
    texts,
  );
}

/** Returns the plan of a multipart upload of `size` bytes in parts of `partSize`. */
export function planOfParts(size: number, partSize: number): Plan {
  return { multipart: true, partSize, parts: countParts(size, partSize) };
}
