import { hrtime } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { backoff, type RetryPolicy } from '../../../protocol/retry-rules.ts';
import { interrupted, UserError } from '../../errors.ts';
import { formatDuration } from '../../ui/format.ts';

/** Time and chance, as tests can set them. */
export interface Clock {
  /** Milliseconds of any steady clock. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** At least 0, below 1. */
  readonly random: () => number;
}

export const CLOCK: Clock = {
  // `performance` would load node:perf_hooks.
  now() {
    const [seconds, nanoseconds] = hrtime();
    return seconds * 1e3 + nanoseconds / 1e6;
  },
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
    { hint: error.hintLines, library: error.library, cause: error },
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
