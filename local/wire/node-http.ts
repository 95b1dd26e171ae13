import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { HttpHandler, HttpRequest, HttpResponse } from './http.ts';

/**
 * Maximum bytes of a refused request's body that are read and dropped to keep its connection. The connection of a
 * longer one is closed.
 */
const DRAIN_LIMIT = 256 * 1024;
const DRAIN_MS = 10_000;

/** Flattens Node's header object: lower-case names, repeated values joined with `, `. */
export function flattenHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}

/** Returns the path and query of a request target, which can be a whole URL (RFC 9112 section 3.2.2). */
export function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  const rest = /^[a-z]+:\/\/[^/?#]*(.*)$/i.exec(target)?.[1] ?? '';
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** Splits a request target into its raw path and raw query. */
export function splitTarget(target: string): { path: string; query: string } {
  const mark = target.indexOf('?');
  return mark < 0
    ? { path: target, query: '' }
    : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** Converts a Node request. */
function toHttpRequest(message: IncomingMessage, continueBody: () => void): HttpRequest {
  return {
    method: message.method ?? 'GET',
    ...splitTarget(originForm(message.url ?? '/')),
    headers: flattenHeaders(message.headers),
    body: message,
    continueBody,
  };
}

/** Sends a response. If the client disconnects, sending ends without an error. */
async function sendResponse(
  request: IncomingMessage,
  response: ServerResponse,
  answer: HttpResponse,
  continued: boolean,
): Promise<void> {
  const { body } = answer;
  const headers: Record<string, string> = { ...answer.headers };
  if (
    !(body instanceof Readable) &&
    answer.status !== 204 &&
    answer.status !== 304 &&
    !('content-length' in headers)
  ) {
    headers['content-length'] = String(body === undefined ? 0 : Buffer.byteLength(body));
  }
  const early = !request.complete && !request.readableEnded;
  const tooLong = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY) > DRAIN_LIMIT;
  // Without `100 Continue` it is unclear whether the client sends its body, so the connection cannot be reused.
  if (!continued || (early && tooLong)) headers.connection = 'close';
  response.writeHead(answer.status, headers);
  if (body instanceof Readable) {
    // The client can disconnect at any byte. The pipeline then destroys the source; nothing else is needed.
    await pipeline(body, response).catch(() => response.destroy());
  } else {
    response.end(request.method === 'HEAD' ? undefined : body);
  }
  if (early) discardRest(request);
}

/** Reads and drops the rest of a body after an early response. Closes the connection if it is too long. */
function discardRest(request: IncomingMessage): void {
  const timer = setTimeout(() => request.socket.destroy(), DRAIN_MS).unref();
  request.once('close', () => clearTimeout(timer)).resume();
}

/**
 * Creates a Node request listener for a service. A defect of the service becomes a bare 500 and is passed to
 * `onDefect`.
 */
export function nodeListener(
  handler: HttpHandler,
  onDefect: (error: unknown) => void,
): (request: IncomingMessage, response: ServerResponse, expectsContinue?: boolean) => void {
  return (request, response, expectsContinue = false) => {
    let continued = !expectsContinue;
    const continueBody = () => {
      if (!continued) response.writeContinue();
      continued = true;
    };
    const answer = async () => {
      try {
        const answered = await handler(toHttpRequest(request, continueBody));
        await sendResponse(request, response, answered, continued);
      } catch (error) {
        onDefect(error);
        if (!response.headersSent) response.writeHead(500, { connection: 'close' });
        response.end();
      }
    };
    void answer();
  };
}

/**
 * Listens on loopback, and returns the port. Rejects with Node's error if the port is in use.
 * @param port 0 for any free port
 */
export async function bind(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Closes a server and its connections. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
