import { pipeline, type Readable, Transform } from 'node:stream';
import type { HttpHandlerOptions, HttpRequest, HttpResponse } from '@smithy/types';
import type { Dispatcher } from 'undici';
import { openDeadline } from './cancellation.ts';
import { findFailure, isTimeout, isTransient } from './failures.ts';

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

/** Milliseconds for the response headers, including 1xx responses. */
const HEAD_MS = 60_000;
/** Milliseconds for the next byte. */
const SILENCE_MS = 30_000;
/** Milliseconds for a whole body. A long body of known length has only the limit for the next byte. */
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

/**
 * Makes the SDK retry after every temporary network failure, and only after those: it recognises few of them itself. The
 * most common one is an idle connection that the server closed. A request is not retried after a second timeout.
 */
function mark(error: unknown, sdkRequest: HttpRequest): void {
  const failure = findFailure(error);
  if (failure === undefined || !isTransient(failure)) return;
  const [, attempt = '1'] = /attempt=(\d+)/.exec(sdkRequest.headers['amz-sdk-request'] ?? '') ?? [];
  if (!isTimeout(failure) || attempt === '1') {
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
        body: (sdkRequest.body as Dispatcher.RequestOptions['body']) ?? null,
        signal: deadline.signal,
        headersTimeout: SILENCE_MS,
        bodyTimeout: SILENCE_MS,
      });
    } catch (error) {
      deadline.end();
      mark(error, sdkRequest);
      throw error;
    }
    const streamed = isStreamed(sdkRequest);
    if (streamed && Number(answer.headers['content-length']) > LONG_BODY_BYTES) deadline.clear();
    else deadline.set(BODY_MS);
    answer.body.once('error', (error: unknown) => mark(error, sdkRequest)).once('close', deadline.end);
    const headers: Record<string, string> = {};
    for (const [name, value = ''] of Object.entries(answer.headers))
      headers[name] = [value].flat().join(', ');
    const body = streamed ? answer.body : bounded(answer.body);
    return { response: { statusCode: answer.statusCode, headers, body } };
  }

  updateHttpClientConfig(): void {}

  httpHandlerConfigs = () => ({});

  destroy(): void {
    void this.#dispatcher.close();
  }
}
