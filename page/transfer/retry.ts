import { backoff, RETRY, type RetryPolicy } from '../../protocol/retry-rules.ts';
import { PassingFailure } from './refusals.ts';
import { stopped, UploadError } from './upload-error.ts';

/** Time, chance and the state of the network, as tests can set them. */
export interface Surroundings {
  /** Milliseconds of any steady clock. */
  readonly now: () => number;
  /** Resolves after the time, or once the signal is aborted. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** At least 0, below 1. */
  readonly random: () => number;
  /** Whether the device says that it has no network. */
  readonly isOffline: () => boolean;
  /** Resolves once the device has a network, or once the signal is aborted. */
  readonly online: (signal: AbortSignal) => Promise<void>;
}

/** Resolves at the event, or once the signal is aborted. */
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

export const BROWSER: Surroundings = {
  now: () => performance.now(),
  async sleep(milliseconds, signal) {
    // A device that is back online need not wait for the rest.
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

/** A wait that lasts this much longer than asked was one of a device that slept. Milliseconds. */
const SLEPT_MS = 60_000;

/** What a request waits for. */
export type Waiting = 'network' | 'retry';

export interface RetryOptions {
  readonly surroundings: Surroundings;
  readonly signal: AbortSignal;
  /** Called with what the request waits for; `undefined`: it is tried. */
  readonly onWaiting: (waiting: Waiting | undefined) => void;
  readonly policy?: RetryPolicy;
}

/**
 * Calls `attempt` with 1, 2, 3… until it succeeds. Waits in between as the policy and the server ask, and without a bound
 * while the device is offline. Once a device wakes up, its tries and time begin again.
 * @throws the first error that is not a `PassingFailure`; the last failure's error when tries or time run out; `stopped`
 */
export async function retrying<T>(
  attempt: (number: number) => Promise<T>,
  { surroundings, signal, onWaiting, policy = RETRY }: RetryOptions,
): Promise<T> {
  const { now, sleep, random, isOffline, online } = surroundings;
  const kinds = new Map<string, number>();
  let firstFailure: number | undefined;
  let failures = 0;
  for (let tries = 1; ; tries += 1) {
    if (isOffline()) {
      onWaiting('network');
      await online(signal);
      firstFailure = undefined;
      failures = 0;
    }
    onWaiting(undefined);
    if (signal.aborted) throw stopped();
    try {
      return await attempt(tries);
    } catch (error) {
      if (signal.aborted) throw stopped();
      if (!(error instanceof PassingFailure)) throw error;
      if (isOffline()) continue;
      failures += 1;
      firstFailure ??= now();
      const { limit, retryAfterMs = 0 } = error.details;
      const ofItsKind = limit === undefined ? 0 : (kinds.get(limit.kind) ?? 0) + 1;
      if (limit !== undefined) kinds.set(limit.kind, ofItsKind);
      const waitMs = Math.max(retryAfterMs, backoff(failures, policy, random));
      const spent = failures >= policy.tries || (limit !== undefined && ofItsKind >= limit.tries);
      if (spent || now() + waitMs > firstFailure + policy.windowMs) throw givenUp(error, tries);
      onWaiting('retry');
      const asked = now();
      await sleep(waitMs, signal);
      if (now() - asked > waitMs + SLEPT_MS) {
        firstFailure = undefined;
        failures = 0;
      }
    }
  }
}

function givenUp({ error }: PassingFailure, tries: number): UploadError {
  if (tries === 1) return error;
  const message = `${error.message.replace(/\.$/, '')} (given up after ${tries} attempts).`;
  return new UploadError(error.code, message, { cause: error });
}
