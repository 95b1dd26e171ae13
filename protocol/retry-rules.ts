/** How often and how long a failed request is retried. */
export interface RetryPolicy {
  /** Maximum number of attempts, including the first. */
  readonly tries: number;
  /** Maximum milliseconds before the second attempt. Doubles with each further attempt, up to `capMs`. */
  readonly baseMs: number;
  readonly capMs: number;
  /** Milliseconds after the first failure in which attempts can start. */
  readonly windowMs: number;
}

export const RETRY: RetryPolicy = { tries: 10, baseMs: 500, capMs: 30_000, windowMs: 15 * 60_000 };

/** Response statuses that are retried. */
export const TRANSIENT_STATUS: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** S3 error codes that are retried: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export const TRANSIENT_CODES: ReadonlySet<string> = new Set([
  'SlowDown',
  'InternalError',
  'ServiceUnavailable',
  'RequestTimeout',
  'IncompleteBody',
  'OperationAborted',
  'ConditionalRequestConflict',
  // Sent until the name of a new bucket has reached all of S3.
  'TemporaryRedirect',
]);

/** S3 error codes for bytes that do not match the checksum or MD5 sent with them. */
export const DAMAGED_CODES: ReadonlySet<string> = new Set(['BadDigest', 'XAmzContentChecksumMismatch']);

/**
 * Returns milliseconds to wait: exponential backoff with full jitter.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoff(failures: number, { baseMs, capMs }: RetryPolicy, random: () => number): number {
  return random() * Math.min(capMs, baseMs * 2 ** (failures - 1));
}

/**
 * Returns `Retry-After` as milliseconds from `now`. It can be seconds or an HTTP date (RFC 9110, section 10.2.3);
 * `undefined` for anything else.
 */
export function retryAfter(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime());
}
