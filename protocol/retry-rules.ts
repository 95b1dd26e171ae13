/** How often and how long a failed request is retried. */
export interface RetryPolicy {
  /** Tries in all, the first one included. */
  readonly tries: number;
  /** The longest wait before the second try, milliseconds. It doubles with each try, up to `capMs`. */
  readonly baseMs: number;
  readonly capMs: number;
  /** No try begins later than this after the first failure, milliseconds. */
  readonly windowMs: number;
}

export const RETRY: RetryPolicy = { tries: 10, baseMs: 500, capMs: 30_000, windowMs: 15 * 60_000 };

/** Statuses that are worth a retry. */
export const PASSING_STATUS: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Codes of S3 that are worth a retry: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export const PASSING_CODES: ReadonlySet<string> = new Set([
  'SlowDown',
  'InternalError',
  'ServiceUnavailable',
  'RequestTimeout',
  'IncompleteBody',
  'OperationAborted',
  'ConditionalRequestConflict',
  // The name of a new bucket takes time to spread.
  'TemporaryRedirect',
]);

/** Codes of S3: the bytes that it received do not have the checksum or MD5 that was sent. */
export const DAMAGED_CODES: ReadonlySet<string> = new Set(['BadDigest', 'XAmzContentChecksumMismatch']);

/** Exponential backoff with full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ */
export function backoff(failures: number, { baseMs, capMs }: RetryPolicy, random: () => number): number {
  return random() * Math.min(capMs, baseMs * 2 ** (failures - 1));
}

/** Returns `Retry-After` in milliseconds from now: seconds or an HTTP date (RFC 9110, 10.2.3); `undefined` for anything else. */
export function retryAfter(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime());
}

/** S3 needs time to finish an object. This is added to the stall limit: milliseconds a byte, and at most. */
const SEALING_MS_PER_BYTE = 1000 / 50e6;
const MAX_SEALING_MS = 10 * 60_000;

/** Returns the time for an answer after a body, beyond the stall limit, milliseconds. */
export function sealingMs(bytes: number): number {
  return Math.min(MAX_SEALING_MS, bytes * SEALING_MS_PER_BYTE);
}
