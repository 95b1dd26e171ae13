import { sealingMs } from '../../protocol/parts.ts';
import { stopped } from './upload-error.ts';

/** An HTTP request. */
export interface HttpRequest {
  readonly method: 'PUT' | 'POST' | 'GET' | 'DELETE';
  /** Percent-encoded, including the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /**
   * A slice of a file is read by the browser while it is sent. Chromium sends data in memory at a tenth of the speed.
   */
  readonly body?: Blob;
  /** Bytes that the store assembles before it responds, apart from the body. */
  readonly sealing?: number;
  /** Called with the bytes of the body sent so far. */
  readonly onSent?: (bytes: number) => void;
}

/** An HTTP response. */
export interface HttpResponse {
  readonly status: number;
  readonly text: string;
  /** Returns the value of a header; `undefined` if it is missing. */
  readonly header: (name: string) => string | undefined;
}

/**
 * Sends a request and returns its response, whatever the status.
 * @throws {NetworkFailure}
 * @throws {UploadError} `stopped`
 */
export type Exchange = (message: HttpRequest, signal: AbortSignal) => Promise<HttpResponse>;

/** The connection failed, or made no progress for too long. Browsers give no reason. */
export class NetworkFailure extends Error {}

/** Maximum bytes of a response. The longest, a page of ListParts, has about a third of them. */
const MAX_ANSWER_BYTES = 2 * 1024 * 1024;

/** Multiple of the stall limit after which a response must be complete: it could trickle in forever. */
const ANSWER_STALLS = 4;

/**
 * Creates the function that sends requests to an origin. Unlike `fetch`, `XMLHttpRequest` reports the progress of a
 * body. It follows redirects, but the page's policy (`connect-src`) allows none to another origin, so the token stays
 * here.
 * @param stallMs Milliseconds without progress after which a request is cancelled.
 */
export function createExchange(origin: string, stallMs: number): Exchange {
  return ({ method, path, headers, body, sealing = 0, onSent }, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(stopped());
      const request = new XMLHttpRequest();
      const length = body?.size ?? 0;
      const answerMs = sealingMs(length + sealing);
      let timer: ReturnType<typeof setTimeout> | undefined;
      let deadline: ReturnType<typeof setTimeout> | undefined;
      const cut = (reason: string) => {
        end();
        reject(new NetworkFailure(reason));
        request.abort();
      };
      const expect = (extraMs = 0) => {
        clearTimeout(timer);
        timer = setTimeout(() => cut(`no progress for ${stallMs / 1000} s`), stallMs + extraMs);
      };
      const stop = () => {
        end();
        reject(stopped());
        request.abort();
      };
      const end = () => {
        clearTimeout(timer);
        clearTimeout(deadline);
        signal.removeEventListener('abort', stop);
        request.onload = null;
        request.onerror = null;
        request.onprogress = null;
        request.upload.onprogress = null;
        request.upload.onload = null;
      };
      signal.addEventListener('abort', stop);
      request.upload.onprogress = ({ loaded }) => {
        expect(loaded >= length ? answerMs : 0);
        onSent?.(loaded);
      };
      request.upload.onload = () => expect(answerMs);
      request.onprogress = ({ loaded }) => {
        expect();
        deadline ??= setTimeout(() => cut('the response did not end'), ANSWER_STALLS * stallMs);
        if (loaded > MAX_ANSWER_BYTES) cut('the response is too long');
      };
      request.onerror = () => cut('the connection failed');
      request.onload = () => {
        end();
        resolve({
          status: request.status,
          text: request.responseText,
          header: (name) => request.getResponseHeader(name) ?? undefined,
        });
      };
      request.open(method, origin + path);
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      expect(length === 0 ? answerMs : 0);
      request.send(body ?? null);
    });
}
