import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { sealingMs } from '../../../protocol/parts.ts';
import { UserError } from '../../errors.ts';
import { type Abortable, openAbortable } from '../../network/cancellation.ts';
import { findFailure } from '../../network/failures.ts';
import { networkFailure } from '../../network/network-failure.ts';
import { NO_DESCRIPTOR } from '../../settings/disk-errors.ts';
import { outflow, type RateLimit } from '../pacing/outflow.ts';
import { createReceiver, endless, type HttpResponse } from './responses.ts';
import { type Clock, responseDeadline, stallGuard, TransientFailure } from './retry.ts';

/** A body that each attempt opens again. */
interface Body {
  /** Bytes. */
  readonly length: number;
  /** All of them, if they are in memory. */
  readonly bytes?: Buffer;
  readonly open: () => AsyncIterable<Buffer> | Iterable<Buffer>;
}

/** An HTTP request. */
export interface HttpRequest {
  readonly method: 'PUT' | 'POST' | 'GET' | 'DELETE';
  /** Percent-encoded, with the query if there is one. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Body;
  /** Bytes that the store assembles before it responds, in addition to the body. */
  readonly sealing?: number;
  /** Called with the bytes that the socket took. */
  readonly onSent?: (bytes: number) => void;
}

export interface WireOptions {
  /** `https://<host>[:port]` */
  readonly url: string;
  readonly dispatcher: Dispatcher;
  /** Milliseconds without a byte sent or received after which a request is cut; 0: never. */
  readonly stallMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Aborted a moment after `signal`, so that a body under way can still be stored. */
  readonly sending?: AbortSignal;
  readonly limit?: RateLimit | undefined;
}

/**
 * Sends a request and returns its response, whatever the status. A response can arrive before the body is sent.
 * @throws {ConnectionCut} if the connection broke while a body was sent, so that a response may be lost; {@link
 * TransientFailure} for other network failures; {@link UserError} for those that a retry cannot fix.
 */
export type Wire = (message: HttpRequest) => Promise<HttpResponse>;

/** Thrown if the connection broke after part of a body may have been sent. */
export class ConnectionCut extends TransientFailure {}

/** Thrown if the process or the computer has no descriptor for another connection. Nothing was sent. */
class NoDescriptor extends TransientFailure {}

/** Attempts at an address that has never responded, because it may be wrong. */
const FIRST_CONTACT_TRIES = 4;
const TLS_TRIES = 4;
/** Up to 15 seconds, as for a file: other programs close files, but the limit of this process stays. */
const DESCRIPTOR_TRIES = 6;

/**
 * Maximum bytes of a body in memory that are written at once. Larger bodies are written in pieces, each of which shows
 * progress.
 */
const AT_ONCE = 64 * 1024;

/**
 * Returns a wire on which a request without a descriptor for its connection waits until another request ends, and uses
 * that connection. If no other is under way, it fails with `NoDescriptor`.
 */
export function createWire(options: WireOptions): Wire {
  const aborting = openAbortable(options.signal);
  const exchange = createExchange(options, aborting);
  const waiting: (() => void)[] = [];
  let underWay = 0;
  return async (message) => {
    for (;;) {
      underWay += 1;
      let isWaiting = false;
      try {
        return await exchange(message);
      } catch (error) {
        isWaiting = error instanceof NoDescriptor && underWay > 1;
        if (!isWaiting) throw error;
      } finally {
        underWay -= 1;
        if (!isWaiting) waiting.shift()?.();
      }
      await new Promise<void>((resolve) => {
        const release = aborting.add(() => resolve());
        waiting.push(() => {
          release();
          resolve();
        });
      });
    }
  };
}

/** Returns a wire that opens a connection for each request that finds none free. */
function createExchange(options: WireOptions, reading: Abortable): Wire {
  const { url, dispatcher, stallMs, clock, signal, sending = signal, limit } = options;
  const { host } = new URL(url);
  const writing = sending === signal ? reading : openAbortable(sending);
  let reached = false;

  return async (message) => {
    const { body, sealing = 0, onSent } = message;
    signal.throwIfAborted();
    const length = body?.length ?? 0;
    let started = false;
    const receiver = createReceiver(host, {
      onStart() {
        started = true;
        if (isAtOnce) onSent?.(length);
      },
      onHead() {
        reached = true;
        deadline.start();
      },
      onBytes(bytes) {
        guard.arm();
        deadline.received(bytes);
      },
    });
    const guard = stallGuard(stallMs, () => receiver.abort(stalled(host, stallMs)));
    const deadline = responseDeadline(stallMs, () => receiver.abort(endless(host)));
    const release = (length > 0 ? writing : reading).add(receiver.abort);
    const isAtOnce = body?.bytes !== undefined && length <= AT_ONCE && limit === undefined;
    const answerMs = sealingMs(length + sealing);
    const pieces = () => {
      const onEnd = () => deadline.start(answerMs);
      return outflow(body?.open() ?? [], { guard, now: clock.now, limit, answerMs, onSent, onEnd });
    };
    try {
      const isInPieces = length > 0 && !isAtOnce;
      guard.arm(isInPieces ? 0 : answerMs);
      if (!isInPieces) deadline.start(answerMs);
      const bytes = isInPieces ? pieces() : isAtOnce ? body.bytes : null;
      dispatcher.dispatch(requestOf(url, message, bytes), receiver.handler);
      const response = await receiver.response;
      // undici accepts the next request on this connection one turn later. An earlier one opens another connection.
      await nextTurn();
      return response;
    } catch (error) {
      throw connectionFailure(error, { url, reached, started, withBody: length > 0 });
    } finally {
      guard.end();
      deadline.end();
      release();
    }
  };
}

/** Returns a request as undici takes it. */
function requestOf(
  origin: string,
  { method, path, headers, body }: HttpRequest,
  bytes: Buffer | AsyncIterable<Buffer> | null | undefined,
): Dispatcher.DispatchOptions {
  const length = { 'content-length': String(body?.length ?? 0) };
  return {
    origin,
    path,
    method,
    headers: method === 'GET' ? headers : Object.assign({}, headers, length),
    // undici takes any async iterable; its types name streams alone.
    body: bytes as Buffer | null,
    // The stall guard is stricter.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
}

function stalled(host: string, stallMs: number): TransientFailure {
  return new TransientFailure(
    new UserError('unreachable', `The connection to ${host} stalled for ${stallMs / 1000} s.`, {
      hint: 'Check the network. A slower link can be given more time with --stall-timeout.',
      library: { hint: 'Check the network. A slower link can be given more time with stallTimeout.' },
    }),
  );
}

interface Circumstances {
  readonly url: string;
  /** The edge has responded before. */
  readonly reached: boolean;
  /** A connection was made, through the proxy and with TLS if there are any. */
  readonly started: boolean;
  /** Part of a body may have been sent. */
  readonly withBody: boolean;
}

function connectionFailure(error: unknown, { url, reached, started, withBody }: Circumstances): unknown {
  if (error instanceof UserError || error instanceof TransientFailure) return error;
  const { host } = new URL(url);
  const failure = networkFailure(error, host);
  const kind = findFailure(error);
  if (failure === undefined || kind === undefined) return failure ?? error;
  switch (kind.kind) {
    case 'certificate':
    case 'proxy':
      return failure;
    case 'handshake':
      // A damaged record is a temporary failure.
      return new TransientFailure(failure, { limit: { kind: 'tls', tries: TLS_TRIES } });
    case 'protocol':
      return new TransientFailure(
        kind.proxy === undefined
          ? new UserError('not_an_edge', `${host} did not respond with valid HTTP.`, {
              hint: 'Check the address. Another program may listen there, or a proxy in between may change responses.',
              cause: error,
            })
          : failure,
        { limit: { kind: 'garbled', tries: FIRST_CONTACT_TRIES } },
      );
    case 'connection': {
      if (NO_DESCRIPTOR.has(kind.code)) {
        const limit = { kind: 'descriptors', tries: DESCRIPTOR_TRIES };
        return new NoDescriptor(failure, { refused: true, limit });
      }
      // A server or proxy may also accept the connection and close it before the end of CONNECT or of the TLS handshake. One
      // that closes it without a response to a first request may speak another protocol, or want a client's certificate.
      if (kind.connecting || !started || !(reached || withBody)) {
        const limit = { kind: 'first contact', tries: FIRST_CONTACT_TRIES };
        return new TransientFailure(failure, reached ? {} : { limit });
      }
      return withBody ? new ConnectionCut(failure) : new TransientFailure(failure);
    }
  }
}
