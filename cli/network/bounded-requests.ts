import { setTimeout as delay } from 'node:timers/promises';
import { type Dispatcher, request } from 'undici';
import { openDeadline, orAborted } from './cancellation.ts';
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

/** Status of a network that wants a sign-in first: https://www.rfc-editor.org/rfc/rfc6585#section-6 */
export const NETWORK_SIGN_IN = 511;

/** Returns true for a status after which the same request can work later. */
export function isBusy(status: number): boolean {
  return status === 429 || (status >= 500 && status !== NETWORK_SIGN_IN);
}

const ATTEMPTS = 4;
const FIRST_WAIT_MS = 250;

/** Reads a body as text; drops the rest after `maxBytes`. */
async function readBounded(body: AsyncIterable<Buffer>, maxBytes: number): Promise<string> {
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
    const asked = request(url, {
      dispatcher,
      method,
      body,
      signal: deadline.signal,
      ...(headers && { headers: { ...headers } }),
      headersTimeout: deadlineMs,
      bodyTimeout: deadlineMs,
    });
    const answer = await orAborted(asked, deadline.signal);
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
