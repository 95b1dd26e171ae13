import { hrtime } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { type FailureDetails, type RetryPolicy, RetrySchedule } from '../../../protocol/retry-rules.ts';
import { interrupted, UserError } from '../../errors.ts';
import { formatDuration } from '../../ui/format.ts';

/** The clock and the random generator, which tests replace. */
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

export interface RequestFailureDetails extends FailureDetails {
  /** The server reported that it did nothing. */
  readonly refused?: boolean;
}

/** A failure that a retry can fix. `error` is reported after the last attempt. */
export class TransientFailure extends Error {
  readonly error: UserError;
  readonly details: RequestFailureDetails;

  constructor(error: UserError, details: RequestFailureDetails = {}) {
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
  readonly onRetry?: (failure: TransientFailure, tries: number, waitMs: number) => void;
}

function givenUp({ error }: TransientFailure, tries: number, elapsedMs: number): UserError {
  if (tries === 1) return error;
  return new UserError(
    error.code,
    `${error.message.replace(/\.$/, '')} (given up after ${tries} attempts in ${formatDuration(elapsedMs)}).`,
    { hint: error.hintLines, library: error.library, cause: error },
  );
}

/**
 * Calls `attempt` with 1, 2, 3… until it succeeds, and waits in between as the policy and the server require.
 * @throws the first error that is not a `TransientFailure`; the last failure's error when attempts or time run out;
 * `interrupted` once the signal is aborted.
 */
export async function retrying<T>(
  attempt: (number: number) => Promise<T>,
  { policy, clock, signal, onRetry }: RetryOptions,
): Promise<T> {
  const began = clock.now();
  let schedule: RetrySchedule | undefined;
  for (let tries = 1; ; tries += 1) {
    if (signal.aborted) throw interrupted();
    try {
      return await attempt(tries);
    } catch (error) {
      if (signal.aborted) throw interrupted();
      if (!(error instanceof TransientFailure)) throw error;
      const now = clock.now();
      schedule ??= new RetrySchedule(policy, clock.random, now);
      const waitMs = schedule.waitAfter(error.details, now);
      if (waitMs === undefined) throw givenUp(error, tries, now - began);
      onRetry?.(error, tries, waitMs);
      await clock.sleep(waitMs, signal).catch((cause: unknown) => {
        throw signal.aborted ? interrupted() : cause;
      });
    }
  }
}

/** Calls back when a request makes no progress for too long. It is armed only while the network has to act. */
export interface StallGuard {
  /** Starts the time again; `extraMs` is added to the guard's limit. */
  arm(extraMs?: number): void;
  disarm(): void;
  /** Disarms permanently. */
  end(): void;
}

/** @param limitMs milliseconds without progress; 0 turns the guard off. */
export function stallGuard(limitMs: number, onStall: () => void): StallGuard {
  let timer: NodeJS.Timeout | undefined;
  let armedMs = -1;
  let ended = limitMs <= 0;
  const disarm = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  return {
    disarm,
    end() {
      ended = true;
      disarm();
    },
    arm(extraMs = 0) {
      if (ended) return;
      const wantedMs = limitMs + extraMs;
      if (timer !== undefined && armedMs === wantedMs) {
        timer.refresh();
        return;
      }
      disarm();
      armedMs = wantedMs;
      timer = setTimeout(onStall, wantedMs);
    },
  };
}

/** Rate of the slowest response that is read, bytes a millisecond. The longest response then takes 17 minutes. */
const LEAST_RATE = 2;

/** The time for a response if the stall guard is off, milliseconds. */
const UNGUARDED_MS = 10 * 60_000;

/**
 * Limits the time of a whole response, informational responses (1xx) included. The time that the request's body takes
 * does not count.
 */
export interface ResponseDeadline {
  /** Starts the time for the response; `extraMs` is for the store's work. A second call has no effect. */
  start(extraMs?: number): void;
  /** Counts bytes of the response. */
  received(bytes: number): void;
  end(): void;
}

/** @param limitMs milliseconds for the first byte; later bytes add time at the slowest rate. 0: ten minutes. */
export function responseDeadline(limitMs: number, onLate: () => void): ResponseDeadline {
  let timer: NodeJS.Timeout | undefined;
  let received = 0;
  let ended = false;
  // Each byte received adds its time at the slowest rate.
  const wait = (milliseconds: number, counted: number) => {
    timer = setTimeout(() => {
      if (received > counted) wait((received - counted) / LEAST_RATE, received);
      else onLate();
    }, milliseconds);
  };
  return {
    start(extraMs = 0) {
      if (timer !== undefined || ended) return;
      wait((limitMs > 0 ? limitMs : UNGUARDED_MS) + extraMs, received);
    },
    received(bytes) {
      received += bytes;
    },
    end() {
      ended = true;
      clearTimeout(timer);
    },
  };
}
