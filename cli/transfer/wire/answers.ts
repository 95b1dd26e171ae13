import { omitUndefined } from '../../../protocol/fields.ts';
import { UserError } from '../../errors.ts';
import { formatBytes } from '../../ui/format.ts';
import { readXml, textOf } from './xml.ts';

/** An HTTP response. Header names are lower-case. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Whether an answer is an HTML page. */
export function isPage({ headers, text }: Pick<Answer, 'headers' | 'text'>): boolean {
  return (
    /^text\/html\b/i.test(headers['content-type'] ?? '') || /^\s*<(?:!doctype\s+html|html)\b/i.test(text)
  );
}

/** The edge did not accept the token (401). */
export class TokenRejected extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

/** An error document and its author. */
export interface Refusal {
  /** `edge`: JSON of the edge function. `store`: XML of S3. `between`: anything else, CloudFront's own pages included. */
  readonly from: 'edge' | 'store' | 'between';
  readonly code: string;
  readonly message: string;
  /** Details from S3: the unsigned headers, or the address of the bucket. */
  readonly detail?: string;
}

const FROM_THE_START = {
  hint: 'Run the same command again. It starts from the beginning.',
  library: { hint: 'Upload it again. It starts from the beginning.' },
};

/** The multipart upload is not open: aborted, expired, or completed. */
export class UploadGone extends UserError {
  constructor(subject: string) {
    super('refused_by_store', `The multipart upload of ${subject} no longer exists.`, FROM_THE_START);
  }
}

/** Another upload of the same key was completed at the same time. S3 asks for a new upload. */
export class UploadConflict extends UserError {
  constructor(subject: string) {
    super('gave_up', `Another upload of ${subject} was completed at the same moment.`, FROM_THE_START);
  }
}

/** The token names no group that is allowed to upload. */
export class NotInGroup extends UserError {}

function readJson(text: string): { error: string; message: string } | undefined {
  try {
    const { error, message } = JSON.parse(text) as { error?: unknown; message?: unknown };
    return typeof error === 'string' && typeof message === 'string' ? { error, message } : undefined;
  } catch {
    // A page of a proxy or of CloudFront, or a truncated body.
    return undefined;
  }
}

/** Returns S3's error document; `undefined` for any other text. */
export function readStoreError(text: string): Refusal | undefined {
  const error = readXml(text, 'Error');
  if (error === undefined) return undefined;
  const detail = textOf(error, 'HeadersNotSigned') ?? textOf(error, 'Endpoint');
  return {
    from: 'store',
    code: textOf(error, 'Code') ?? 'Error',
    message: textOf(error, 'Message') ?? '',
    ...omitUndefined({ detail }),
  };
}

/** Reads the error document of an answer. */
export function readRefusal({ status, headers, text }: Answer): Refusal {
  const json = headers['content-type']?.startsWith('application/json') ? readJson(text) : undefined;
  if (json !== undefined) return { from: 'edge', code: json.error, message: json.message };
  const error = readStoreError(text);
  if (error !== undefined) return error;
  return { from: 'between', code: `HTTP ${status}`, message: '' };
}

/** What an edge allows the caller to store. */
export interface EdgeLimits {
  /** Bytes of the largest object; absent: S3's limits. */
  readonly maxSize?: number;
  /** Prefixes that the caller is allowed to write; the empty prefix allows all keys. Absent where the edge does not list them. */
  readonly writeTo?: readonly string[];
  /** The only key that the caller is allowed to write, under a link or key for it. */
  readonly key?: string;
  /** Prefixes that the edge left out of a long `writeTo`. */
  readonly omitted?: number;
  /** Alias of the caller's issuer; absent where the edge knows the user pool alone. */
  readonly issuer?: string;
}

/** Returns the limits that an edge's description of itself contains; none for any other text. */
export function readLimits(text: string): EdgeLimits {
  try {
    const { policy, caller } = JSON.parse(text) as {
      policy?: { maxSize?: unknown };
      caller?: {
        writeTo?: unknown;
        key?: unknown;
        maxSize?: unknown;
        issuer?: unknown;
        omitted?: { writeTo?: unknown };
      };
    };
    const sizes = [policy?.maxSize, caller?.maxSize].map(numberOf).filter((size) => size !== undefined);
    return omitUndefined({
      maxSize: sizes.length === 0 ? undefined : Math.min(...sizes),
      issuer: typeof caller?.issuer === 'string' ? caller.issuer : undefined,
      writeTo: isTexts(caller?.writeTo) ? caller.writeTo : undefined,
      key: typeof caller?.key === 'string' ? caller.key : undefined,
      omitted: numberOf(caller?.omitted?.writeTo) || undefined,
    });
  } catch {
    // The next request shows what answers at this address.
    return {};
  }
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

/** For sizes that the deployment, and not S3, refuses. */
export const LARGER_LIMIT = { hint: 'Ask the operator of the edge for a larger limit.' };

/** @throws {UserError} `too_large` */
export function checkSize(subject: string, bytes: number, { maxSize }: EdgeLimits): void {
  if (maxSize === undefined || bytes <= maxSize) return;
  throw new UserError(
    'too_large',
    `${subject} is larger than the ${formatBytes(maxSize)} (${maxSize} bytes) that the edge accepts.`,
    LARGER_LIMIT,
  );
}
