import { DESCRIPTION_KEY, encodeKey, encodeQuery } from '../../protocol/object-url.ts';
import { type Caller, readCaller } from './caller.ts';
import {
  createExchange,
  type Exchange,
  type HttpRequest,
  type HttpResponse,
  NetworkFailure,
} from './exchange.ts';
import { createPool, type Pool } from './pool.ts';
import { readFile } from './read-file.ts';
import { failureOf, TokenRejected, TransientFailure, unexpectedResponse } from './refusals.ts';
import { BROWSER, type RetryEnvironment, retrying, type Waiting } from './retry.ts';
import { UploadError } from './upload-error.ts';

/**
 * Returns the caller's token, or an empty string for requests without one.
 * @param rejected The token that the edge refused. Another one is returned if there is one, otherwise the same. Only
 * then, the source can reject: another token may be available later.
 */
export type TokenSource = (rejected?: string) => Promise<string>;

export interface EdgeRequest extends Omit<HttpRequest, 'path' | 'headers'> {
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly onWaiting?: (waiting: Waiting | undefined) => void;
}

/** Client of the edge. Adds the token to requests, and retries them if that is safe. */
export interface EdgeClient {
  readonly origin: string;
  /** Limits the parts that are digested or sent at the same time, over all files. */
  readonly slots: Pool;
  /** Returns the edge's time, because the clock of the device can be wrong. */
  now(): Date;
  /**
   * Returns the token's caller, and what the edge allows.
   * @throws {UploadError}
   */
  describe(signal: AbortSignal, onWaiting?: EdgeRequest['onWaiting']): Promise<Caller>;
  /**
   * @param read Converts a successful response. If it throws, the request failed.
   * @throws {UploadError} for a failure that a retry cannot fix, and after the last retry
   */
  request<T>(request: EdgeRequest, read: (response: HttpResponse) => T): Promise<T>;
}

export interface EdgeOptions {
  readonly exchange?: Exchange;
  readonly surroundings?: RetryEnvironment;
}

/** Milliseconds without progress after which a request is cancelled. */
const STALL_MS = 30_000;

/**
 * Parts of all files that are digested or sent at the same time. Browsers open six connections to an HTTP/1.1 server.
 */
const PARTS_AT_ONCE = 4;

/** Creates a client of the edge at an origin, `https://<host>[:port]`. */
export function openEdge(origin: string, token: TokenSource, options: EdgeOptions = {}): EdgeClient {
  return new RetryingClient(origin, token, options);
}

type ReadResponse<T> = (response: HttpResponse) => T;

class RetryingClient implements EdgeClient {
  readonly origin: string;
  readonly slots = createPool(PARTS_AT_ONCE);
  readonly #token: TokenSource;
  readonly #exchange: Exchange;
  readonly #surroundings: RetryEnvironment;
  /** Milliseconds that the edge's clock is ahead of the device's. */
  #ahead = 0;
  #renewal: { readonly rejected: string; readonly token: Promise<string> } | undefined;

  constructor(origin: string, token: TokenSource, options: EdgeOptions) {
    this.origin = origin;
    this.#token = token;
    this.#exchange = options.exchange ?? createExchange(origin, STALL_MS);
    this.#surroundings = options.surroundings ?? BROWSER;
  }

  now(): Date {
    return new Date(Date.now() + this.#ahead);
  }

  describe(signal: AbortSignal, onWaiting: EdgeRequest['onWaiting'] = () => {}): Promise<Caller> {
    return this.request({ method: 'GET', key: DESCRIPTION_KEY, signal, onWaiting }, (response) => {
      const caller = readCaller(response.text);
      if (caller === undefined) throw unexpectedResponse();
      return caller;
    });
  }

  request<T>(request: EdgeRequest, read: ReadResponse<T>): Promise<T> {
    const { signal, onWaiting = () => {} } = request;
    const attempt = async (attempts: number) => {
      try {
        return await this.#attempt(request, read);
      } catch (error) {
        if (error instanceof TokenRejected) throw error.error;
        const maybeOurs = attempts > 1 && error instanceof UploadError && error.code === 'exists';
        throw maybeOurs ? existsMaybeOurs() : error;
      }
    };
    return retrying(attempt, { surroundings: this.#surroundings, signal, onWaiting });
  }

  /** Sends a request, and sends it again if its token was refused and there is another one. */
  async #attempt<T>(request: EdgeRequest, read: ReadResponse<T>): Promise<T> {
    const token = await this.#token();
    try {
      return await this.#sendOnce(token, request, read);
    } catch (error) {
      if (!(error instanceof TokenRejected)) throw error;
      const renewed = await this.#renew(token).catch(() => {
        throw new TransientFailure(error.error);
      });
      if (renewed === token) throw error;
      return this.#sendOnce(renewed, request, read);
    }
  }

  /** If several requests are refused at the same time, the token is refreshed once for all of them. */
  async #renew(rejected: string): Promise<string> {
    if (this.#renewal?.rejected !== rejected) this.#renewal = { rejected, token: this.#token(rejected) };
    try {
      return await this.#renewal.token;
    } catch (error) {
      this.#renewal = undefined;
      throw error;
    }
  }

  async #sendOnce<T>(token: string, request: EdgeRequest, read: ReadResponse<T>): Promise<T> {
    const { body } = request;
    let response: HttpResponse;
    try {
      response = await this.#send(token, request);
    } catch (error) {
      if (!(error instanceof NetworkFailure)) throw error;
      const isAsked = body && body.size > 0 && !this.#surroundings.isOffline();
      const isLost = !(isAsked && (await this.#askAfterCut(token, request, body)));
      throw new TransientFailure(new UploadError('unreachable', { cause: error }), { isLost });
    }
    const date = Date.parse(response.header('date') ?? '');
    if (!Number.isNaN(date)) this.#ahead = date - Date.now();
    failureOf(response);
    return read(response);
  }

  #send(token: string, { key, query, headers, signal, ...message }: EdgeRequest): Promise<HttpResponse> {
    const path = `/${encodeKey(key)}`;
    const full = query === undefined ? path : `${path}?${encodeQuery(Object.entries(query))}`;
    const sent = token === '' ? {} : { authorization: `Bearer ${token}` };
    return this.#exchange({ ...message, path: full, headers: { ...headers, ...sent } }, signal);
  }

  /**
   * Asks the edge why a connection broke. If a server refuses a body early and closes the connection, the browser can
   * lose the response. A file that became unreadable or shorter looks the same. Returns whether the edge responded.
   */
  async #askAfterCut(token: string, { signal }: EdgeRequest, body: Blob): Promise<boolean> {
    await readFile(body.slice(-1));
    const response = await this.#send(token, { method: 'GET', key: DESCRIPTION_KEY, signal }).catch(
      () => undefined,
    );
    if (response === undefined) return false;
    if (response.status === 401) failureOf(response);
    const maxSize = response.status === 200 ? readCaller(response.text)?.maxSize : undefined;
    checkSize(body.size, maxSize);
    return true;
  }
}

/** Returns the error for an existing object that an earlier attempt may have stored, whose response was lost. */
export function existsMaybeOurs(): UploadError {
  return new UploadError('exists_maybe_ours');
}

/** @throws {UploadError} `too_large` */
export function checkSize(bytes: number, maxSize: number | undefined): void {
  if (maxSize === undefined || bytes <= maxSize) return;
  throw new UploadError('too_large', { maxSize });
}
