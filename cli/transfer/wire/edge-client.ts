import { setMaxListeners } from 'node:events';
import type { Dispatcher } from 'undici';
import { DESCRIPTION_KEY, encodeKey, encodeQuery } from '../../../protocol/object-url.ts';
import { RETRY, type RetryPolicy } from '../../../protocol/retry-rules.ts';
import type { Context } from '../../context.ts';
import { isUserError, UserError } from '../../errors.ts';
import type { TokenSource } from '../../identity/tokens/access-token.ts';
import { linkedSignal, orInterrupted } from '../../network/cancellation.ts';
import { formatDuration } from '../../ui/format.ts';
import type { Ui } from '../../ui/ui.ts';
import { checkSize, readLimits } from '../limits.ts';
import type { RateLimit } from '../pacing/outflow.ts';
import { ConnectionCut, createWire, type HttpRequest, type Wire, type WireOptions } from './exchange.ts';
import { failureOf, possiblyOwnObject, type Refuse } from './refusals.ts';
import { throwRenewalError, withRenewedToken } from './renewal.ts';
import { type HttpResponse, isSuccess, TokenRejected } from './responses.ts';
import { CLOCK, type Clock, retrying, TransientFailure } from './retry.ts';

interface EdgeRequest extends Omit<HttpRequest, 'path' | 'headers'> {
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** The request's subject in messages; absent: the key. */
  readonly subject?: string;
  /** Called with the bytes that the socket took; negative for those of a failed attempt. */
  readonly onSent?: (bytes: number) => void;
  /** Replaces the general words for some refusals. */
  readonly refuse?: Refuse;
  /** Called when an attempt ends without a response, so that the store may have done the work. */
  readonly onUnanswered?: () => void;
  /** Once it is aborted, the request is not retried. An attempt under way can still end. */
  readonly retryUntil?: AbortSignal;
}

/** Converts a successful response; its errors count as failures of the request. */
type Read<T> = (response: HttpResponse) => T | Promise<T>;

/** Client of the edge. It adds the token to requests, and retries them if that is safe. */
export interface EdgeClient {
  readonly url: string;
  /**
   * Sends a request, and returns its value with the number of attempts.
   * @throws {UserError} for a failure that a retry cannot fix, and after the last retry.
   */
  request<T>(request: EdgeRequest, read: Read<T>): Promise<{ readonly value: T; readonly attempts: number }>;
}

/** Requests that wait for a retry after a network failure. */
export interface Trouble {
  readonly count: number;
  readonly noun: 'part' | 'file';
}

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

/** The events and the abort signal of an edge's requests. */
export interface EdgeWorld extends Pick<Context, 'now' | 'signal'> {
  readonly ui: Pick<Ui, 'event'>;
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
/** After Ctrl-C, clean-up requests are given up early. */
const CLEAN_UP = { retry: { ...RETRY, tries: 3, windowMs: 5_000 }, stallMs: 5_000 };

/** Milliseconds from which a wait that the server requested is printed; shorter ones are shown with `--debug`. */
const NOTED_WAIT_MS = 5_000;
const NOTE_EVERY_MS = 10_000;

/** Returns the clients of one command for an edge. */
export function connectEdge({ ui, signal, now }: EdgeWorld, options: EdgeOptions): EdgeConnection {
  const { url, dispatcher, tokens, rateLimit: limit, onTrouble } = options;
  const { stallMs = STALL_MS, retry = RETRY, clock = CLOCK } = options;
  let notedAt = Number.NEGATIVE_INFINITY;
  const onRetry: ClientOptions['onRetry'] = (subject, failure, tries, waitMs) => {
    const askedToWait = (failure.details.retryAfterMs ?? 0) >= NOTED_WAIT_MS;
    const isNoted = askedToWait && clock.now() - notedAt >= NOTE_EVERY_MS;
    if (isNoted) notedAt = clock.now();
    ui.event({
      type: isNoted ? 'note' : 'debug',
      text: `${subject}: ${failure.message} Trying again in ${formatDuration(waitMs)} (try ${tries + 1}).`,
    });
  };
  const shared = { url, dispatcher, tokens, clock, now, limit, onRetry };
  const sending = delayedSignal(signal, GRACE_MS);
  const cleaningUp = delayedSignal(signal, CLEAN_UP_MS);
  // Every running request listens to the signal.
  setMaxListeners(0, signal, sending, cleaningUp);
  return {
    edge: createClient({ ...shared, retry, stallMs, signal, sending, onTrouble }),
    cleanUp: createClient({ ...shared, ...CLEAN_UP, signal: cleaningUp }),
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

interface ClientOptions extends WireOptions {
  readonly tokens: TokenSource;
  readonly retry: RetryPolicy;
  readonly now: () => Date;
  readonly onTrouble?: EdgeOptions['onTrouble'];
  readonly onRetry: (subject: string, failure: TransientFailure, tries: number, waitMs: number) => void;
}

function createClient(options: ClientOptions): EdgeClient {
  const { url, tokens, retry, clock, now, signal, onRetry, onTrouble } = options;
  const wire = createWire(options);
  const ownTokens = { tokens, signal };
  const troubled = new Set<EdgeRequest>();
  const setTrouble = (request: EdgeRequest, waits: boolean) => {
    const changed = waits ? !troubled.has(request) : troubled.delete(request);
    if (!changed) return;
    if (waits) troubled.add(request);
    const isPart = [...troubled].some(({ query }) => query?.partNumber !== undefined);
    onTrouble?.({ count: troubled.size, noun: isPart ? 'part' : 'file' });
  };

  return {
    url,
    request(asked, read) {
      const { subject = asked.key } = asked;
      const request: EdgeRequest = Object.assign({}, asked, {
        onSent(bytes: number) {
          if (bytes > 0) setTrouble(request, false);
          asked.onSent?.(bytes);
        },
      });
      const send = (token: string) => sendOnce(wire, token, request, read, now);
      const attempt = async (attempts: number) => {
        const token =
          tokens.held?.() ?? (await orInterrupted(tokens.current(), signal).catch(throwRenewalError));
        try {
          const renew = (failure: unknown) => withRenewedToken(failure, token, ownTokens, send);
          return { value: await send(token).catch(renew), attempts };
        } catch (error) {
          const isLate = attempts > 1 && isUserError(error) && error.code === 'exists';
          throw isLate ? possiblyOwnObject(subject) : error;
        }
      };
      const beforeWait = (...retried: [TransientFailure, number, number]) => {
        setTrouble(request, true);
        onRetry(subject, ...retried);
      };
      const ending = asked.retryUntil && linkedSignal(signal, asked.retryUntil);
      const until = ending?.signal ?? signal;
      return retrying(attempt, { policy: retry, clock, signal: until, onRetry: beforeWait })
        .catch((error: unknown) => {
          throw isUserError(error) ? (tokens.explain?.(error) ?? error) : error;
        })
        .finally(() => {
          ending?.unlink();
          setTrouble(request, false);
        });
    },
  };
}

/** Sends a request once. After a failure, the bytes that the socket took no longer count. */
async function sendOnce<T>(
  wire: Wire,
  token: string,
  request: EdgeRequest,
  read: Read<T>,
  now: () => Date,
): Promise<T> {
  const { key, query, subject = key } = request;
  const authorization = `Bearer ${token}`;
  const path = `/${encodeKey(key)}`;
  let sent = 0;
  let failed = false;
  const onSent = (bytes: number) => {
    if (failed) return;
    sent += bytes;
    request.onSent?.(bytes);
  };
  try {
    const response = await wire(
      Object.assign({}, request, {
        path: query === undefined ? path : `${path}?${encodeQuery(Object.entries(query))}`,
        headers: Object.assign({}, request.headers, { authorization }),
        onSent,
      }),
    );
    if (!isSuccess(response)) throw failureOf(response, subject, now(), request.refuse);
    return await read(response);
  } catch (error) {
    failed = true;
    request.onSent?.(-sent);
    if (isUnanswered(error)) request.onUnanswered?.();
    if (error instanceof ConnectionCut) await checkRefusal(wire, authorization, request, now);
    throw error;
  }
}

/** Whether the store may have done the work although no response arrived. */
function isUnanswered(error: unknown): boolean {
  if (error instanceof TransientFailure) return error.details.refused !== true;
  return !(error instanceof UserError || error instanceof TokenRejected);
}

/**
 * Asks the edge whether it refuses the token or the size, after a broken connection. If a server refuses a body early and
 * closes, the reset can overtake its response.
 */
async function checkRefusal(
  wire: Wire,
  authorization: string,
  { key, body, subject = key }: EdgeRequest,
  now: () => Date,
): Promise<void> {
  let response: HttpResponse;
  try {
    response = await wire({ method: 'GET', path: `/${DESCRIPTION_KEY}`, headers: { authorization } });
  } catch {
    // The broken connection is reported; the next attempt shows more.
    return;
  }
  if (response.status === 401) throw failureOf(response, subject, now());
  if (response.status === 200) checkSize(subject, body?.length ?? 0, readLimits(response.text));
}
