import { pipeline, type Readable, Transform } from 'node:stream';
import { HttpResponse } from '@smithy/core/transport';
import type { HttpHandlerOptions, HttpRequest } from '@smithy/types';
import { type Dispatcher, request } from 'undici';
import { openDeadline } from './deadline.ts';
import { findFailure, isPassing } from './failures.ts';

type SdkBody = NonNullable<Dispatcher.RequestOptions['body']>;

function target({ protocol, hostname, port, path, query }: HttpRequest): { origin: string; path: string } {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]) => {
    const key = encodeURIComponent(name);
    if (value === null) return [key];
    return [value].flat().map((one) => `${key}=${encodeURIComponent(one)}`);
  });
  return {
    origin: `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`,
    path: pairs.length === 0 ? path : `${path}?${pairs.join('&')}`,
  };
}

/** Longest wait for the head of an answer, informational answers (1xx) included, milliseconds. */
const HEAD_MS = 60_000;
/** Longest wait for a next byte, milliseconds. */
const SILENCE_MS = 30_000;
/** The same for a body; a long object of known length has its bound in that, and only has to keep moving. */
const BODY_MS = 60_000;
const LONG_BODY_BYTES = 1024 * 1024;
/** Longer than any answer that the SDK reads into memory; the longest are pages of a list and log events. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** Objects are streamed, however long they are; the SDK reads every other answer whole. */
function isStreamed({ query }: HttpRequest): boolean {
  return query?.['x-id'] === 'GetObject';
}

/** The same bytes; an error where there are more than an answer has. */
function bounded(body: Readable): Readable {
  let received = 0;
  const bound = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      if (received > MAX_ANSWER_BYTES) done(new Error('the answer is longer than any of AWS'));
      else done(null, chunk);
    },
  });
  // Errors of either one end both; who reads the answer meets them.
  pipeline(body, bound, () => {});
  return bound;
}

const SILENCES: ReadonlySet<string> = new Set([
  'TimeoutError',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);
/** The last attempt of a request after which silence is met with another one. */
const LAST_PATIENT_ATTEMPT = 1;

/** Which attempt of the SDK's a request is, from 1. */
function attemptOf({ headers }: HttpRequest): number {
  return Number(/attempt=(\d+)/.exec(headers['amz-sdk-request'] ?? '')?.[1] ?? 1);
}

/**
 * Has the SDK try again after every failure of the network that can pass, and only after those: it knows a few by name
 * alone. The most common one is a connection that was kept alive longer here than by the server. A server that keeps
 * silent twice is not asked a third time.
 */
function mark(error: unknown, sdkRequest: HttpRequest): void {
  const failure = findFailure(error);
  if (failure === undefined || !isPassing(failure)) return;
  if (!SILENCES.has(failure.code) || attemptOf(sdkRequest) <= LAST_PATIENT_ATTEMPT) {
    Object.assign(error as Error, { $retryable: {} });
  } else if ((error as Error).name === 'TimeoutError') {
    // The SDK tries again after an error of this name, whatever else it says.
    Object.assign(error as Error, { name: 'Error', code: 'UND_ERR_HEADERS_TIMEOUT' });
  }
}

/** An SDK request handler over our dispatcher, so that proxies and authorities are settled in one place for all traffic. */
export class SdkHandler {
  readonly metadata = { handlerProtocol: 'http/1.1' };
  readonly #dispatcher: Dispatcher;
  readonly #signal: AbortSignal | undefined;

  /** @param signal ends every request that has no signal of its own */
  constructor(dispatcher: Dispatcher, signal?: AbortSignal) {
    this.#dispatcher = dispatcher;
    this.#signal = signal;
  }

  async handle(
    sdkRequest: HttpRequest,
    { abortSignal }: HttpHandlerOptions = {},
  ): Promise<{ response: HttpResponse }> {
    const { origin, path } = target(sdkRequest);
    const deadline = openDeadline(abortSignal instanceof AbortSignal ? abortSignal : this.#signal);
    deadline.set(HEAD_MS);
    let answer: Dispatcher.ResponseData;
    try {
      answer = await request(origin + path, {
        dispatcher: this.#dispatcher,
        method: sdkRequest.method as Dispatcher.HttpMethod,
        headers: sdkRequest.headers,
        body: (sdkRequest.body as SdkBody | undefined) ?? null,
        signal: deadline.signal,
        headersTimeout: SILENCE_MS,
        bodyTimeout: SILENCE_MS,
      });
    } catch (error) {
      deadline.end();
      mark(error, sdkRequest);
      throw error;
    }
    if (isStreamed(sdkRequest) && Number(answer.headers['content-length']) > LONG_BODY_BYTES)
      deadline.clear();
    else deadline.set(BODY_MS);
    answer.body.once('error', (error: unknown) => mark(error, sdkRequest)).once('close', deadline.end);
    const headers = Object.entries(answer.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as const],
    );
    return {
      response: new HttpResponse({
        statusCode: answer.statusCode,
        headers: Object.fromEntries(headers),
        body: isStreamed(sdkRequest) ? answer.body : bounded(answer.body),
      }),
    };
  }

  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): Record<string, never> {
    return {};
  }

  destroy(): void {
    void this.#dispatcher.close();
  }
}
