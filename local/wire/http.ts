import type { Readable } from 'node:stream';

/** A request to an embedded service, from any listener. */
export interface HttpRequest {
  readonly method: string;
  /** As sent: percent-encoded, begins with `/`, without the query. */
  readonly path: string;
  /** As sent, without the `?`; empty when there is none. */
  readonly query: string;
  /** Lower-case names; a repeated header is joined with `, ` as HTTP allows. */
  readonly headers: Readonly<Record<string, string>>;
  /** Read at most once. A service that responds early leaves it unread; the socket's owner discards it. */
  readonly body: Readable;
  /** Sends `100 Continue` to a client that waits for it. Must be called before the body is read. */
  readonly continueBody?: () => void;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A `Readable` is piped with back-pressure; its length is sent only if `content-length` is among the headers. */
  readonly body?: string | Buffer | Readable;
}

/** Handles the requests of one embedded service. It responds with AWS's errors, and throws only for its own defects. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>;

/** Whether a header can have a value: ISO-8859-1, without control characters except tabs (RFC 9110 section 5.5). */
export function isHeaderValue(text: string): boolean {
  return !/[^\t\x20-\x7e\x80-\xff]/.test(text);
}

/** Whether a header can have a name: a token (RFC 9110 section 5.6.2). */
export function isHeaderName(text: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text);
}
