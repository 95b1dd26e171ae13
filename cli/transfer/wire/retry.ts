import { setTimeout as delay } from 'node:timers/promises';
import { interrupted, UserError } from '../../errors.ts';
import { formatDuration } from '../../ui/format.ts';

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

/** Time and chance, as tests can set them. */
export interface Clock {
  /** Milliseconds of any steady clock. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** At least 0, below 1. */
  readonly random: () => number;
}

export const CLOCK: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }),
  random: Math.random,
};

export interface FailureDetails {
  /** The server's `Retry-After`, milliseconds. */
  readonly retryAfterMs?: number;
  /** Fewer tries than the policy's for failures of this `kind`. */
  readonly limit?: { readonly kind: string; readonly tries: number };
  /** The server answered that it did nothing. */
  readonly refused?: boolean;
}

/** A failure that a retry may fix. `error` is reported after the last try. */
export class PassingFailure extends Error {
  readonly error: UserError;
  readonly details: FailureDetails;

  constructor(error: UserError, details: FailureDetails = {}) {
    super(error.message, { cause: error });
    this.error = error;
    this.details = details;
  }
}

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

export interface RetryOptions {
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called before each wait. */
  readonly onRetry?: (failure: PassingFailure, tries: number, waitMs: number) => void;
}

function givenUp({ error }: PassingFailure, tries: number, elapsedMs: number): UserError {
  if (tries === 1) return error;
  return new UserError(
    error.code,
    `${error.message.replace(/\.$/, '')} (given up after ${tries} attempts in ${formatDuration(elapsedMs)}).`,
    { hint: error.hintLines, cause: error },
  );
}

/**
 * Calls `attempt` with 1, 2, 3… until it succeeds, and waits in between as the policy and the server ask.
 * @throws the first error that is not a `PassingFailure`; the last failure's error when tries or time run out;
 * `interrupted` once the signal is aborted.
 */
export async function retrying<T>(
  attempt: (number: number) => Promise<T>,
  { policy, clock, signal, onRetry }: RetryOptions,
): Promise<T> {
  const began = clock.now();
  const kinds = new Map<string, number>();
  let firstFailure: number | undefined;
  for (let tries = 1; ; tries += 1) {
    if (signal.aborted) throw interrupted();
    try {
      return await attempt(tries);
    } catch (error) {
      if (signal.aborted) throw interrupted();
      if (!(error instanceof PassingFailure)) throw error;
      const now = clock.now();
      firstFailure ??= now;
      const { limit, retryAfterMs = 0 } = error.details;
      const ofItsKind = limit === undefined ? 0 : (kinds.get(limit.kind) ?? 0) + 1;
      if (limit !== undefined) kinds.set(limit.kind, ofItsKind);
      const waitMs = Math.max(retryAfterMs, backoff(tries, policy, clock.random));
      const spent = tries >= policy.tries || (limit !== undefined && ofItsKind >= limit.tries);
      if (spent || now + waitMs > firstFailure + policy.windowMs) throw givenUp(error, tries, now - began);
      onRetry?.(error, tries, waitMs);
      await clock.sleep(waitMs, signal).catch((cause: unknown) => {
        throw signal.aborted ? interrupted() : cause;
      });
    }
  }
}
