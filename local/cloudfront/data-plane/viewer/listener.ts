import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createSecureContext, type TLSSocket } from 'node:tls';
import type { KeyedCertificate } from '../../../tls/certificates.ts';
import { type GateRefusal, listenBehindGate } from '../../../wire/gate.ts';
import { requestId } from '../../ids.ts';
import type { Served } from '../access-log-line.ts';
import type { EdgeAnswer } from '../answer.ts';
import { errorPage } from '../error-page.ts';
import { HEAD_TOO_LONG, PHRASES } from '../limits.ts';
import { Meter } from './meter.ts';
import { restOfBody } from './rest-of-body.ts';
import type { Viewer } from './viewer.ts';

export interface Listener {
  readonly port: number;
  /** Stops listening and ends every connection. */
  close(): Promise<void>;
}

/** For a viewer that asked for one distribution in its TLS handshake and for another in its request. */
const WRONG_CERTIFICATE =
  'The distribution does not match the certificate for which the HTTPS connection was established with.';
const HOST = '127.0.0.1';
/** Above CloudFront's own limit, which is checked once the headers are read and answered with its page. */
const MAX_HEADER_BYTES = 64 * 1024;
const HEADERS_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 60_000;
const LINGER_MS = 10_000;

export interface ListenerOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly certificate: KeyedCertificate;
  /** The certificate for a name that the viewer asks for in its TLS handshake; `undefined`: the one above. */
  readonly certificateFor: (name: string) => Promise<KeyedCertificate | undefined>;
  /** Whether a name that the viewer asks for is served over TLS 1.3 alone. */
  readonly refusesTls12: (name: string) => boolean;
  /** Host names of its own, besides those of loopback. */
  readonly aliases: () => readonly string[];
  /** Whether a host, lower case, is another distribution's. */
  readonly isElsewhere: (host: string) => boolean;
  readonly serve: (viewer: Viewer) => Promise<EdgeAnswer>;
  /** Told of each request once its answer has gone out, or its viewer has left. */
  readonly onServed: (served: Served) => void;
  /** Told of what `serve` should not have thrown. */
  readonly onDefect: (error: unknown) => void;
}

/**
 * An https listener on loopback. HTTP/1.1 only: CloudFront too leaves the choice to the viewer, and Node is faster at
 * it. Rejects with Node's error where the port is taken.
 */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { port, certificate, certificateFor, refusesTls12, aliases, isElsewhere, serve, onServed, onDefect } =
    options;
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
    // An upload may take hours.
    requestTimeout: 0,
  });
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
        // A viewer that was never told to send may send anything next: its connection cannot be used again.
        await send(message, response, continued ? given : { end: 'close', ...given });
      } catch (error) {
        onDefect(error);
        if (!response.headersSent) response.writeHead(500, { connection: 'close' });
        response.end();
      }
    };
    void answer();
  };
  // The function and the response headers policy judge `Origin`, as on AWS.
  const refuse = (response: ServerResponse, { status }: GateRefusal) =>
    refuseForeign(response, isElsewhere(response.req.headers.host?.toLowerCase() ?? '') ? 421 : status);
  const rules = { scheme: 'https', names: aliases, anyOrigin: true, refuse } as const;
  listenBehindGate(server, rules, handle);
  server.on('clientError', refuseUnreadable);
  // OpenSSL settles on a version before it asks for a name's certificate, so too old a one is ended here.
  server.on('secureConnection', (socket: TLSSocket) => {
    const { servername } = socket;
    if (typeof servername !== 'string' || socket.getProtocol() !== 'TLSv1.2') return;
    if (refusesTls12(servername)) socket.destroy();
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
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

async function send(message: IncomingMessage, response: ServerResponse, answer: EdgeAnswer): Promise<void> {
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
    // The viewer may leave at any byte; the pipeline then ends the origin's stream, which is all there is to do.
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
  // Ending a response while its request still comes in may reset the connection, and with it lose the response.
  await restOfBody(message);
  response.end();
}

/** CloudFront's answer to a host name that no distribution has, or another (421). */
function refuseForeign(response: ServerResponse, status: 400 | 403 | 421): void {
  const page = errorPage(status, status === 421 ? WRONG_CERTIFICATE : 'Bad request.', requestId());
  response.writeHead(status, { ...page.headers, connection: 'close' }).end(page.body);
}

/**
 * Answers a request that could not be parsed, which never reaches a handler. Comes again with each further chunk; those
 * are dropped while the viewer reads the answer, for so long.
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
