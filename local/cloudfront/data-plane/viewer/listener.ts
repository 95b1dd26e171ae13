import { randomInt } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createSecureContext, type TLSSocket } from 'node:tls';
import type { KeyedCertificate } from '../../../tls/certificates.ts';
import { type GateRefusal, listenBehindGate } from '../../../wire/gate.ts';
import { bind, closeServer } from '../../../wire/node-http.ts';
import { requestId } from '../../model.ts';
import type { ServedRequest } from '../access-logs.ts';
import { errorPage, type ViewerResponse } from '../viewer-response.ts';
import { Meter } from './meter.ts';
import { HEAD_TOO_LONG, PHRASES, type Viewer } from './viewer.ts';

/** Bytes of an unwanted body that are read, so that the viewer can read the response. */
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_MS = 10_000;

/**
 * Reads and drops the rest of a body that was answered early. Resolves when the body ends, the viewer disconnects, or
 * the limits of size and time are reached and the connection is closed.
 */
function restOfBody(message: IncomingMessage): Promise<void> {
  message.unpipe();
  if (message.complete) {
    message.resume();
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    let left = MAX_BYTES;
    const timer = setTimeout(() => message.socket.destroy(), MAX_MS);
    timer.unref();
    const over = () => {
      clearTimeout(timer);
      resolve();
    };
    message.once('end', over).once('close', over).once('error', over);
    message.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) message.socket.destroy();
    });
    message.resume();
  });
}

export interface Listener {
  readonly port: number;
  /** Stops listening and ends every connection. */
  close(): Promise<void>;
}

/** Error for a viewer whose TLS server name and Host header name different distributions. */
const WRONG_CERTIFICATE =
  'The distribution does not match the certificate for which the HTTPS connection was established with.';
const HOST = '127.0.0.1';
/** Above CloudFront's limit, which is checked after the headers are read and answered with CloudFront's page. */
const MAX_HEADER_BYTES = 64 * 1024;
const HEADERS_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 60_000;
const LINGER_MS = 10_000;

export interface ListenerOptions {
  /** 0 selects a free port. */
  readonly port: number;
  readonly certificate: KeyedCertificate;
  /** The certificate for a TLS server name; `undefined`: the default above. */
  readonly certificateFor: (name: string) => Promise<KeyedCertificate | undefined>;
  /** Whether a TLS server name requires TLS 1.3. */
  readonly refusesTls12: (name: string) => boolean;
  /** Host names besides those of loopback. */
  readonly aliases: () => readonly string[];
  /** Whether a lower-case host belongs to another distribution. */
  readonly isElsewhere: (host: string) => boolean;
  readonly serve: (viewer: Viewer) => Promise<ViewerResponse>;
  /** Called for each request after its response is sent or its viewer disconnects. */
  readonly onServed: (served: ServedRequest) => void;
  /** Called with unexpected errors from `serve`. */
  readonly onDefect: (error: unknown) => void;
}

/**
 * Starts an HTTPS listener on loopback. HTTP/1.1 only, which every CloudFront viewer is allowed to use. Rejects with
 * Node's error if the port is in use.
 */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { port, aliases, isElsewhere, serve, onServed, onDefect } = options;
  const server = tlsServer(options);
  const sockets = tcpSockets(server);
  const meter = new Meter();
  const handle = (message: IncomingMessage, response: ServerResponse, expectsContinue: boolean) => {
    const measured = meter.measure(message, response, onServed);
    let continued = !expectsContinue;
    const viewer: Viewer = {
      message,
      clientIp: message.socket.remoteAddress ?? HOST,
      continueBody: () => {
        if (!continued) response.writeContinue();
        continued = true;
      },
      resetConnection: () => {
        sockets.get(message.socket.remotePort)?.resetAndDestroy();
        message.socket.destroy();
      },
    };
    const answer = async () => {
      try {
        const given = await serve(viewer);
        measured(given);
        // Without `100 Continue` it is unclear whether the viewer sends its body, so the connection cannot be reused.
        await send(message, response, continued ? given : { end: 'close', ...given });
      } catch (error) {
        onDefect(error);
        if (!response.headersSent) response.writeHead(500, { connection: 'close' });
        response.end();
      }
    };
    void answer();
  };
  // The function and the response headers policy check `Origin`, as on AWS.
  const refuse = (response: ServerResponse, { status }: GateRefusal) =>
    refuseForeign(response, isElsewhere(response.req.headers.host?.toLowerCase() ?? '') ? 421 : status);
  const rules = { scheme: 'https', names: aliases, anyOrigin: true, refuse } as const;
  listenBehindGate(server, rules, handle);
  server.on('clientError', refuseUnreadable);

  const bound = await (port === 0 ? bindLasting(server) : bind(server, port));
  return { port: bound, close: () => closeServer(server) };
}

function tlsServer({ certificate, certificateFor, refusesTls12 }: ListenerOptions): Server {
  const server = createServer({
    ...certificate,
    SNICallback: (name, done) => {
      certificateFor(name).then(
        (own) => done(null, own && createSecureContext(own)),
        (error: Error) => done(error),
      );
    },
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // An upload can take hours.
    requestTimeout: 0,
  });
  // Node would drop the headers after the first 2,000. The limit of bytes applies to all.
  server.maxHeadersCount = 0;
  // OpenSSL negotiates the version before it asks for the name's certificate, so an old version is rejected here.
  server.on('secureConnection', (socket: TLSSocket) => {
    const { servername } = socket;
    if (typeof servername !== 'string' || socket.getProtocol() !== 'TLSv1.2') return;
    if (refusesTls12(servername)) socket.destroy();
  });
  return server;
}

/**
 * Binds a port that is free now and when the cloud starts again: outgoing connections of other programs have ports from
 * 32,768 (Linux) or 49,152 on.
 */
async function bindLasting(server: Server): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await bind(server, randomInt(20_000, 32_768));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || tries === 100) throw error;
    }
  }
}

/** TCP sockets by the viewer's port: the TLS socket above cannot reset a connection. */
function tcpSockets(server: Server): ReadonlyMap<number | undefined, Socket> {
  const sockets = new Map<number | undefined, Socket>();
  server.on('connection', (socket: Socket) => {
    const { remotePort } = socket;
    sockets.set(remotePort, socket);
    socket.once('close', () => sockets.delete(remotePort));
  });
  return sockets;
}

async function send(
  message: IncomingMessage,
  response: ServerResponse,
  answer: ViewerResponse,
): Promise<void> {
  const { body } = answer;
  const headers = answer.headers.flat();
  const hasLength = answer.headers.some(([name]) => name.toLowerCase() === 'content-length');
  const bodiless = answer.status === 204 || answer.status === 304;
  if (!(body instanceof Readable) && !bodiless && !hasLength) {
    headers.push('content-length', String(body === undefined ? 0 : Buffer.byteLength(body)));
  }
  if (answer.end !== undefined) headers.push('connection', 'close');
  response.writeHead(answer.status, answer.reason, headers);
  if (body instanceof Readable) {
    // The viewer can disconnect at any byte. The pipeline then destroys the origin's stream; nothing else is needed.
    await pipeline(body, response, { end: false }).catch(() => response.destroy());
  } else if (body !== undefined && body.length > 0 && message.method !== 'HEAD') {
    response.write(body);
  } else {
    response.flushHeaders();
  }
  if (answer.end === 'cut') {
    response.end(() => message.destroy());
    return;
  }
  // Ending a response before its request is read can reset the connection and lose the response.
  await restOfBody(message);
  response.end();
}

/** Returns CloudFront's response to an unknown host name, or to another distribution's (421). */
function refuseForeign(response: ServerResponse, status: 400 | 403 | 421): void {
  const page = errorPage(status, status === 421 ? WRONG_CERTIFICATE : 'Bad request.', requestId());
  response.writeHead(status, { ...page.headers, connection: 'close' }).end(page.body);
}

/**
 * Answers a request that could not be parsed and so reaches no handler. Called again for each further chunk; those are
 * dropped for a limited time while the viewer reads the response.
 */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!error.code?.startsWith('HPE_')) socket.destroy();
  if (!socket.writable) return;
  const tooLong = error.code === 'HPE_HEADER_OVERFLOW';
  const status = tooLong ? HEAD_TOO_LONG : 400;
  const page = errorPage(status, 'Bad request.', requestId());
  const head = [
    `HTTP/1.1 ${page.status} ${PHRASES[status] ?? 'Bad Request'}`,
    ...Object.entries(page.headers).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${Buffer.byteLength(page.body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${page.body}`);
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
