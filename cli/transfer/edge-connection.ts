import { setMaxListeners } from 'node:events';
import type { Dispatcher } from 'undici';
import { RETRY, type RetryPolicy } from '../../protocol/retry-rules.ts';
import type { Context } from '../context.ts';
import type { TokenSource } from '../identity/tokens/access-token.ts';
import { formatDuration } from '../ui/format.ts';
import type { Ui } from '../ui/ui.ts';
import type { RateLimit } from './pacing/outflow.ts';
import { createEdgeClient, type EdgeClient, type Trouble } from './wire/edge-client.ts';
import { CLOCK, type Clock, type TransientFailure } from './wire/retry.ts';

/** How to reach an edge. */
export interface EdgeOptions {
  /** `https://<host>[:port]` */
  readonly url: string;
  readonly dispatcher: Dispatcher;
  readonly tokens: TokenSource;
  /** Milliseconds without a byte sent or received after which a request is cut; 0: never. */
  readonly stallMs?: number;
  /** Shared by all requests that it limits. */
  readonly rateLimit?: RateLimit | undefined;
  readonly retry?: RetryPolicy;
  readonly clock?: Clock;
  /** Called when the number of requests that wait for another try changes. */
  readonly onTrouble?: (trouble: Trouble) => void;
}

export interface EdgeConnection {
  readonly edge: EdgeClient;
  /** Client for clean-up requests; Ctrl-C does not cancel it at once. */
  readonly cleanUp: EdgeClient;
}

const STALL_MS = 30_000;

/** Time in which requests under way can still end after Ctrl-C: a stored part is not sent again. */
const GRACE_MS = 1_000;

/** Time after which clean-up requests are given up after Ctrl-C. */
const CLEAN_UP_MS = 10_000;

/** Milliseconds from which a wait that the server requested is printed; shorter ones are shown with `--debug`. */
const NOTED_WAIT_MS = 5_000;
const NOTE_EVERY_MS = 10_000;

/** After Ctrl-C, clean-up requests are given up early. */
const CLEAN_UP = { retry: { ...RETRY, tries: 3, windowMs: 5_000 }, stallMs: 5_000 };

/** The events and the abort signal of an edge's requests. */
export interface EdgeWorld extends Pick<Context, 'now' | 'signal'> {
  readonly ui: Pick<Ui, 'event'>;
}

/** Returns the clients of one command for an edge. */
export function connectEdge({ ui, signal, now }: EdgeWorld, options: EdgeOptions): EdgeConnection {
  const { url, dispatcher, tokens, rateLimit: limit, onTrouble } = options;
  const { stallMs = STALL_MS, retry = RETRY, clock = CLOCK } = options;
  let notedAt = Number.NEGATIVE_INFINITY;
  const onRetry = (subject: string, failure: TransientFailure, tries: number, waitMs: number) => {
    const askedToWait = (failure.details.retryAfterMs ?? 0) >= NOTED_WAIT_MS;
    const isNoted = askedToWait && clock.now() - notedAt >= NOTE_EVERY_MS;
    if (isNoted) notedAt = clock.now();
    ui.event({
      type: isNoted ? 'note' : 'debug',
      text: `${subject}: ${failure.message} Trying again in ${formatDuration(waitMs)} (try ${tries + 1}).`,
    });
  };
  const wire = { url, dispatcher, tokens, clock, now, limit, onRetry };
  const sending = delayedSignal(signal, GRACE_MS);
  const cleaningUp = delayedSignal(signal, CLEAN_UP_MS);
  // Every running request listens to the signal.
  setMaxListeners(0, signal, sending, cleaningUp);
  return {
    edge: createEdgeClient({ ...wire, retry, stallMs, signal, sending, onTrouble }),
    cleanUp: createEdgeClient({ ...wire, ...CLEAN_UP, signal: cleaningUp }),
  };
}

/** Returns a signal that is aborted some time after the given one. Its timer does not keep the process alive. */
function delayedSignal(signal: AbortSignal, milliseconds: number): AbortSignal {
  const later = new AbortController();
  const abort = () => setTimeout(() => later.abort(), milliseconds).unref();
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return later.signal;
}
