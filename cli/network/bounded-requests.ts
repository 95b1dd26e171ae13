import { pipeline, type Readable, Transform } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { HttpHandlerOptions, HttpRequest, HttpResponse } from '@smithy/types';
import { type Dispatcher, request } from 'undici';
import { openDeadline } from './cancellation.ts';
import { findFailure, isTimeout, isTransient } from './failures.ts';

export interface TextRequest {
  readonly dispatcher: Dispatcher;
  /** Aborts the request, also during a wait. */
  readonly signal: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  /** `GET` if absent. */
  readonly method?: Dispatcher.HttpMethod;
  readonly body?: string | null;
  /** Milliseconds for one attempt, from the connection to the last byte, including 1xx responses. */
  readonly deadlineMs: number;
  /** Maximum size of the body; the rest is not read. */
  readonly maxBytes: number;
}

export interface TextResponse {
  readonly status: number;
  /** The first value of each header; names are lower-case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

const ATTEMPTS = 4;
const FIRST_WAIT_MS = 250;

/** Reads a body as text; drops the rest after `maxBytes`. */
export async function readBounded(body: AsyncIterable<Buffer>, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8');
}

/** Sends one request for a short response, bounded in bytes and time. Redirects are not followed. */
export async function requestOnce(
  url: string,
  { dispatcher, signal, headers, method = 'GET', body = null, deadlineMs, maxBytes }: TextRequest,
): Promise<TextResponse> {
  const deadline = openDeadline(signal);
  deadline.set(deadlineMs);
  try {
    const answer = await request(url, {
      dispatcher,
      method,
      body,
      signal: deadline.signal,
      ...(headers && { headers: { ...headers } }),
      headersTimeout: deadlineMs,
      bodyTimeout: deadlineMs,
    });
    const text = await readBounded(answer.body as AsyncIterable<Buffer>, maxBytes);
    const pairs = Object.entries(answer.headers).map(([name, value]) => [name, [value].flat()[0] ?? '']);
    return { status: answer.statusCode, headers: Object.fromEntries(pairs), text };
  } finally {
    deadline.end();
  }
}

/**
 * Requests a short document, bounded in bytes and time. Redirects are not followed. Retries after temporary network
 * failures, but not after a timeout, which would add a wait of the same length.
 * @throws the last failure unchanged; see `networkFailure`
 */
export async function requestText(url: string, options: TextRequest): Promise<TextResponse> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await requestOnce(url, options);
    } catch (error) {
      const failure = findFailure(error);
      const passing = failure !== undefined && isTransient(failure) && !isTimeout(failure);
      if (!passing || attempt === ATTEMPTS || options.signal.aborted) throw error;
      await delay(Math.random() * FIRST_WAIT_MS * 2 ** attempt, undefined, { signal: options.signal });
    }
  }
}

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

/** Longest wait for the response headers, including 1xx responses, in milliseconds. */
const HEAD_MS = 60_000;
/** Longest wait for the next byte, in milliseconds. */
const SILENCE_MS = 30_000;
/** Limit for a whole body, in milliseconds. A long body of known length has only the limit for the next byte. */
const BODY_MS = 60_000;
const LONG_BODY_BYTES = 1024 * 1024;
/** Larger than any response that the SDK reads into memory; the largest are pages of lists and log events. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** Returns true for objects, which are streamed. The SDK reads every other response into memory. */
function isStreamed({ query }: HttpRequest): boolean {
  return query?.['x-id'] === 'GetObject';
}

/** Passes a body on; fails if it is larger than MAX_ANSWER_BYTES. */
function bounded(body: Readable): Readable {
  let received = 0;
  const bound = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      if (received > MAX_ANSWER_BYTES) done(new Error('the response is too long to be from AWS'));
      else done(null, chunk);
    },
  });
  // An error of either stream ends both; the reader of the response receives it.
  pipeline(body, bound, () => {});
  return bound;
}

/** Last attempt that is retried after a timeout. */
const LAST_PATIENT_ATTEMPT = 1;

/** Returns the number of the SDK's attempt, from 1. */
function attemptOf({ headers }: HttpRequest): number {
  return Number(/attempt=(\d+)/.exec(headers['amz-sdk-request'] ?? '')?.[1] ?? 1);
}

/**
 * Makes the SDK retry after every temporary network failure, and only after those: it recognises few of them itself. The
 * most common one is an idle connection that the server closed. A request is not retried after a second timeout.
 */
function mark(error: unknown, sdkRequest: HttpRequest): void {
  const failure = findFailure(error);
  if (failure === undefined || !isTransient(failure)) return;
  if (!isTimeout(failure) || attemptOf(sdkRequest) <= LAST_PATIENT_ATTEMPT) {
    Object.assign(error as Error, { $retryable: {} });
  } else if ((error as Error).name === 'TimeoutError') {
    // The SDK retries every `TimeoutError`, so the error is renamed.
    Object.assign(error as Error, { name: 'Error', code: 'UND_ERR_HEADERS_TIMEOUT' });
  }
}

/** SDK request handler that uses our dispatcher, so that all traffic has the same proxies and authorities. */
export class SdkHandler {
  readonly metadata = { handlerProtocol: 'http/1.1' };
  readonly #dispatcher: Dispatcher;
  readonly #signal: AbortSignal | undefined;

  /** @param signal aborts every request that has no other signal */
  constructor(dispatcher: Dispatcher, signal?: AbortSignal) {
    this.#dispatcher = dispatcher;
    this.#signal = signal;
  }

  async handle(
    sdkRequest: HttpRequest,
    { abortSignal }: HttpHandlerOptions = {},
  ): Promise<{ response: HttpResponse }> {
    const deadline = openDeadline(abortSignal instanceof AbortSignal ? abortSignal : this.#signal);
    deadline.set(HEAD_MS);
    let answer: Dispatcher.ResponseData;
    try {
      // Not by URL: that would resolve `..` in the key of an object, and the SDK has signed the path.
      answer = await this.#dispatcher.request({
        ...target(sdkRequest),
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
      response: {
        statusCode: answer.statusCode,
        headers: Object.fromEntries(headers),
        body: isStreamed(sdkRequest) ? answer.body : bounded(answer.body),
      },
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
