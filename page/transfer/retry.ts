import { RETRY, type RetryPolicy, RetrySchedule } from '../../protocol/retry-rules.ts';
import { TransientFailure } from './refusals.ts';
import { stopped } from './upload-error.ts';

/** Time, randomness and network state. Tests replace them. */
export interface RetryEnvironment {
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** Resolves after the time, or when the signal is aborted. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** At least 0, below 1. */
  readonly random: () => number;
  /** Whether the device reports that it is offline. */
  readonly isOffline: () => boolean;
  /** Resolves when the device is online, or when the signal is aborted. */
  readonly online: (signal: AbortSignal) => Promise<void>;
}

/** Resolves at the event, or when the signal is aborted. */
function eventOf(target: EventTarget, name: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      target.removeEventListener(name, done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    target.addEventListener(name, done);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}

export const BROWSER: RetryEnvironment = {
  now: () => performance.now(),
  async sleep(milliseconds, signal) {
    // Ends the wait early when the device is back online.
    const early = new AbortController();
    const ended = AbortSignal.any([signal, early.signal]);
    const timer = setTimeout(() => early.abort(), milliseconds);
    await eventOf(window, 'online', ended);
    clearTimeout(timer);
    early.abort();
  },
  random: Math.random,
  isOffline: () => navigator.onLine === false,
  online: (signal) => eventOf(window, 'online', signal),
};

/** Milliseconds by which a wait must exceed its length to show that the device slept. */
const SLEPT_MS = 60_000;

/** What a request is waiting for. */
export type Waiting = 'network' | 'retry';

export interface RetryOptions {
  readonly surroundings: RetryEnvironment;
  readonly signal: AbortSignal;
  /** Called with what the request is waiting for; `undefined` when an attempt starts. */
  readonly onWaiting: (waiting: Waiting | undefined) => void;
}

/** For an unreachable edge: a router that restarts must not end an upload that nobody watches. */
const LOST: RetryPolicy = { ...RETRY, tries: Number.POSITIVE_INFINITY, windowMs: 3_600_000 };

/**
 * Calls `attempt` with 1, 2, 3… until it succeeds. Waits between attempts as the policy and the server require, up to an
 * hour while the edge is unreachable, and as long as the device is offline. After the device wakes from sleep, attempts
 * and time are counted from the start.
 * @throws the first error that is not a `TransientFailure`; the last failure's error when attempts or time run out;
 * `stopped`
 */
export async function retrying<T>(
  attempt: (number: number) => Promise<T>,
  { surroundings, signal, onWaiting }: RetryOptions,
): Promise<T> {
  const { now, sleep, random, isOffline, online } = surroundings;
  const schedules = new Map<RetryPolicy, RetrySchedule>();
  const scheduleOf = ({ details }: TransientFailure) => {
    const policy = details.isLost ? LOST : RETRY;
    const schedule = schedules.get(policy) ?? new RetrySchedule(policy, random, now());
    schedules.set(policy, schedule);
    return schedule;
  };
  for (let tries = 1; ; tries += 1) {
    if (isOffline()) {
      onWaiting('network');
      await online(signal);
      schedules.clear();
    }
    onWaiting(undefined);
    if (signal.aborted) throw stopped();
    try {
      return await attempt(tries);
    } catch (error) {
      if (signal.aborted) throw stopped();
      if (!(error instanceof TransientFailure)) throw error;
      if (isOffline()) continue;
      const failedAt = now();
      const waitMs = scheduleOf(error).waitAfter(error.details, failedAt);
      if (waitMs === undefined) throw error.error;
      onWaiting('retry');
      await sleep(waitMs, signal);
      if (now() - failedAt > waitMs + SLEPT_MS) schedules.clear();
    }
  }
}
