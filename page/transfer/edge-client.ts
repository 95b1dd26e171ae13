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
 * @param rejected The token that the edge refused. Another one is returned if there is one, otherwise the same.
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
  const { exchange = createExchange(origin, STALL_MS), surroundings = BROWSER } = options;
  let renewal: { readonly rejected: string; readonly token: Promise<string> } | undefined;

  /** If several requests are refused at the same time, the token is refreshed once for all of them. */
  const renew = async (rejected: string): Promise<string> => {
    if (renewal?.rejected !== rejected) renewal = { rejected, token: token(rejected) };
    try {
      return await renewal.token;
    } catch (error) {
      renewal = undefined;
      throw error;
    }
  };

  const send = (current: string, { key, query, headers, signal, ...message }: EdgeRequest) => {
    const path = `/${encodeKey(key)}`;
    const full = query === undefined ? path : `${path}?${encodeQuery(Object.entries(query))}`;
    const sent = current === '' ? {} : { authorization: `Bearer ${current}` };
    return exchange({ ...message, path: full, headers: { ...headers, ...sent } }, signal);
  };

  /**
   * Asks the edge why a connection broke. If a server refuses a body early and closes the connection, the browser can
   * lose the response. A file that became unreadable looks the same.
   */
  const askAfterCut = async (current: string, { signal }: EdgeRequest, body: Blob) => {
    await readFile(body.slice(0, 1));
    const response = await send(current, { method: 'GET', key: DESCRIPTION_KEY, signal }).catch(
      () => undefined,
    );
    if (response === undefined) return;
    if (response.status === 401) failureOf(response);
    const maxSize = response.status === 200 ? readCaller(response.text)?.maxSize : undefined;
    checkSize(body.size, maxSize);
  };

  const once = async <T>(
    current: string,
    request: EdgeRequest,
    read: (response: HttpResponse) => T,
  ): Promise<T> => {
    const { body } = request;
    let response: HttpResponse;
    try {
      response = await send(current, request);
    } catch (error) {
      if (!(error instanceof NetworkFailure)) throw error;
      if (body && body.size > 0 && !surroundings.isOffline()) await askAfterCut(current, request, body);
      throw new TransientFailure(
        new UploadError('unreachable', `${new URL(origin).host} is unreachable: ${error.message}.`),
      );
    }
    failureOf(response);
    return read(response);
  };

  const request: EdgeClient['request'] = (asked, read) => {
    const { signal, onWaiting = () => {} } = asked;
    const attempt = async (attempts: number) => {
      const current = await token();
      try {
        return await once(current, asked, read).catch(async (error: unknown) => {
          if (!(error instanceof TokenRejected)) throw error;
          const renewed = await renew(current);
          if (renewed === current) throw error;
          return once(renewed, asked, read);
        });
      } catch (error) {
        if (error instanceof TokenRejected) throw error.error;
        const maybeOurs = attempts > 1 && error instanceof UploadError && error.code === 'exists';
        throw maybeOurs ? existsMaybeOurs() : error;
      }
    };
    return retrying(attempt, { surroundings, signal, onWaiting });
  };

  return {
    origin,
    slots: createPool(PARTS_AT_ONCE),
    request,
    describe: (signal, onWaiting = () => {}) =>
      request({ method: 'GET', key: DESCRIPTION_KEY, signal, onWaiting }, (response) => {
        const caller = readCaller(response.text);
        if (caller === undefined) throw unexpectedResponse(response);
        return caller;
      }),
  };
}

/** Returns the error for an existing object that an earlier attempt may have stored, whose response was lost. */
export function existsMaybeOurs(): UploadError {
  return new UploadError(
    'exists_maybe_ours',
    'A file with this name exists. It may be this one: the response to an earlier attempt was lost.',
  );
}

/** @throws {UploadError} `too_large` */
export function checkSize(bytes: number, maxSize: number | undefined): void {
  if (maxSize === undefined || bytes <= maxSize) return;
  throw new UploadError('too_large', `The file has ${bytes} bytes; the limit is ${maxSize}.`, {
    maxSize,
  });
}
