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

/** What a failure tells about the next attempt. */
export interface FailureDetails {
  /** The server's `Retry-After`, milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** Fewer attempts than the policy's for failures of this `kind`. */
  readonly limit?: { readonly kind: string; readonly tries: number };
}

/** Counts the failures of one request, and decides when it is sent again. */
export class RetrySchedule {
  readonly #policy: RetryPolicy;
  /** Returns at least 0, below 1. */
  readonly #random: () => number;
  readonly #endsAt: number;
  readonly #ofKind = new Map<string, number>();
  #failures = 0;

  /** @param now the time of the first failure, milliseconds. */
  constructor(policy: RetryPolicy, random: () => number, now: number) {
    this.#policy = policy;
    this.#random = random;
    this.#endsAt = now + policy.windowMs;
  }

  /** Returns milliseconds to wait after a failure; `undefined` if attempts or time run out. */
  waitAfter({ limit, retryAfterMs = 0 }: FailureDetails, now: number): number | undefined {
    this.#failures += 1;
    if (this.#failures >= this.#policy.tries) return undefined;
    if (limit !== undefined) {
      const failures = (this.#ofKind.get(limit.kind) ?? 0) + 1;
      this.#ofKind.set(limit.kind, failures);
      if (failures >= limit.tries) return undefined;
    }
    const waitMs = Math.max(retryAfterMs, this.#backoff());
    return now + waitMs > this.#endsAt ? undefined : waitMs;
  }

  /**
   * Exponential backoff with full jitter.
   * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
   */
  #backoff(): number {
    const { baseMs, capMs } = this.#policy;
    return this.#random() * Math.min(capMs, baseMs * 2 ** (this.#failures - 1));
  }
}

/**
 * Matches an HTTP date in the format that servers must send (RFC 9110, section 5.6.7). `Date.parse` would also read texts
 * such as `1.5`.
 */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

function readDate(header: string | undefined): number | undefined {
  const time = HTTP_DATE.test(header ?? '') ? Date.parse(header ?? '') : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

/**
 * Returns `Retry-After` as milliseconds. It can be seconds or an HTTP date (RFC 9110, section 10.2.3); `undefined` for
 * anything else.
 * @param sent The response's `Date`. A date is compared with it, because the clock of this computer can be wrong.
 * @param now Used if the response has no `Date`.
 */
export function retryAfter(
  header: string | undefined,
  sent: string | undefined,
  now: Date,
): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const until = readDate(text);
  return until === undefined ? undefined : Math.max(0, until - (readDate(sent) ?? now.getTime()));
}
