import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { ServedRequest } from '../access-logs.ts';
import type { ViewerResponse } from '../viewer-response.ts';

interface Counts {
  readonly received: number;
  readonly sent: number;
}

const NONE: Counts = { received: 0, sent: 0 };

type TlsSession = Pick<ServedRequest, 'tlsProtocol' | 'tlsCipher'>;

/** Measures each request's bytes and time on a connection that can carry many requests. */
export class Meter {
  /** Bytes that each connection had carried when its last request ended. */
  readonly #before = new WeakMap<TLSSocket, Counts>();

  readonly #sessions = new WeakMap<TLSSocket, TlsSession>();

  /** Starts measuring at a request's head. Call the result with the response; `onServed` is called at the end. */
  measure(
    message: IncomingMessage,
    response: ServerResponse,
    onServed: (served: ServedRequest) => void,
  ): (answer: ViewerResponse) => void {
    const socket = message.socket as TLSSocket;
    const { remoteAddress: clientIp = '', remotePort: clientPort = 0 } = socket;
    const session = this.#sessionOf(socket);
    const started = performance.now();
    let answered = started;
    let given: ViewerResponse | undefined;
    response.once('close', () => {
      const before = this.#before.get(socket) ?? NONE;
      const counts = { received: socket.bytesRead, sent: socket.bytesWritten };
      this.#before.set(socket, counts);
      if (given === undefined) return;
      onServed({
        response: given,
        method: message.method ?? '',
        target: message.url ?? '',
        headers: message.headers,
        httpVersion: message.httpVersion,
        clientIp,
        clientPort,
        ...session,
        receivedBytes: counts.received - before.received,
        sentBytes: counts.sent - before.sent,
        timeToFirstByte: (answered - started) / 1000,
        timeTaken: (performance.now() - started) / 1000,
      });
    });
    return (answer) => {
      answered = performance.now();
      given = answer;
    };
  }

  #sessionOf(socket: TLSSocket): TlsSession {
    const known = this.#sessions.get(socket);
    if (known !== undefined) return known;
    const session = {
      tlsProtocol: socket.getProtocol() ?? undefined,
      tlsCipher: socket.getCipher()?.standardName,
    };
    this.#sessions.set(socket, session);
    return session;
  }
}
