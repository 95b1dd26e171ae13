import type { Dispatcher } from 'undici';
import { sealingMs } from '../../../protocol/retry-rules.ts';
import { UserError } from '../../errors.ts';
import { openDeadline } from '../../network/deadline.ts';
import { findFailure, networkFailure } from '../../network/failures.ts';
import { withoutCredential } from '../../network/without-credential.ts';
import { outflow, type RateLimit } from '../pacing/outflow.ts';
import type { Answer } from './answers.ts';
import { answerDeadline, stallGuard } from './guards.ts';
import { type Clock, PassingFailure } from './retry.ts';

/** A body that each try opens again. */
interface Body {
  /** Bytes. */
  readonly length: number;
  readonly open: () => AsyncIterable<Buffer>;
}

/** An HTTP request. */
export interface Message {
  readonly method: 'PUT' | 'POST' | 'GET' | 'DELETE';
  /** Percent-encoded, with the query if there is one. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Body;
  /** Bytes that the store assembles before it answers, the body apart. */
  readonly sealing?: number;
  /** Called with the bytes that the socket took. */
  readonly onSent?: (bytes: number) => void;
}

export interface WireOptions {
  /** `https://<host>[:port]` */
  readonly url: string;
  readonly dispatcher: Dispatcher;
  /** A request that moves no byte for so long is cut, milliseconds; 0: never. */
  readonly stallMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Aborted a moment after `signal`: until then, a body under way may still be stored. */
  readonly sending?: AbortSignal;
  readonly limit?: RateLimit | undefined;
}

/**
 * Sends a request and returns its answer, whatever the status. An answer may arrive before the body is sent.
 * @throws {ConnectionCut} where the connection broke while a body was sent, so that an answer may be lost;
 * {@link PassingFailure} for other network failures; {@link UserError} for those that a retry cannot fix.
 */
export type Wire = (message: Message) => Promise<Answer>;

/** The connection broke after some of a body may have been sent. */
export class ConnectionCut extends PassingFailure {}

class Stalled extends Error {}
class Endless extends Error {}

/** Bytes that are read of an answer. The longest, a page of ListParts, has about a third of them. */
const MAX_ANSWER_BYTES = 2 * 1024 * 1024;

/** Tries at an address that has never answered: it may be wrong. */
const FIRST_CONTACT_TRIES = 4;
const TLS_TRIES = 4;

export function createWire(options: WireOptions): Wire {
  const { url, dispatcher, stallMs, clock, signal, sending = signal, limit } = options;
  const { host } = new URL(url);
  let reached = false;

  return async ({ method, path, headers, body, sealing = 0, onSent }) => {
    signal.throwIfAborted();
    const length = body?.length ?? 0;
    const attempt = openDeadline(length > 0 ? sending : signal);
    const guard = stallGuard(stallMs, () => attempt.abort(new Stalled()));
    const deadline = answerDeadline(stallMs, () => attempt.abort(new Endless()));
    const answerMs = sealingMs(length + sealing);
    try {
      guard.arm(answerMs);
      if (length === 0) deadline.start(answerMs);
      const response = await dispatcher.request({
        origin: url,
        path,
        method,
        headers: method === 'GET' ? headers : { ...headers, 'content-length': String(length) },
        // undici takes any async iterable; its types name streams alone.
        body:
          body === undefined || length === 0
            ? null
            : (outflow(body.open(), {
                guard,
                now: clock.now,
                limit,
                answerMs,
                onSent,
                onEnd: () => deadline.start(answerMs),
              }) as unknown as Buffer),
        signal: attempt.signal,
        // The stall guard is stricter.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      reached = true;
      deadline.start();
      const text = await readText(host, response, (bytes) => {
        guard.arm();
        deadline.received(bytes);
      });
      return {
        status: response.statusCode,
        headers: flat(response.headers),
        text: withoutCredential(text, headers.authorization),
      };
    } catch (error) {
      if (attempt.signal.reason instanceof Stalled) throw stalled(host, stallMs);
      if (attempt.signal.reason instanceof Endless) throw endless(host);
      throw connectionFailure(error, { url, reached, withBody: length > 0 });
    } finally {
      guard.end();
      deadline.end();
      attempt.end();
    }
  };
}

function stalled(host: string, stallMs: number): PassingFailure {
  return new PassingFailure(
    new UserError('unreachable', `${host} moved no byte for ${stallMs / 1000} s.`, {
      hint: 'Check the network. A slower link can be given more time with --stall-timeout.',
    }),
  );
}

function endless(host: string): PassingFailure {
  return new PassingFailure(
    new UserError('unreachable', `${host} did not come to the end of its answer.`, {
      hint: 'A proxy in between may hold it back. Check with: edge-upload doctor',
    }),
    { limit: { kind: 'endless', tries: 3 } },
  );
}

interface Circumstances {
  readonly url: string;
  /** The edge has answered before. */
  readonly reached: boolean;
  /** Some of a body may have been sent. */
  readonly withBody: boolean;
}

function connectionFailure(error: unknown, { url, reached, withBody }: Circumstances): unknown {
  if (error instanceof UserError || error instanceof PassingFailure) return error;
  const { host } = new URL(url);
  const failure = networkFailure(error, host);
  const kind = findFailure(error);
  if (failure === undefined || kind === undefined) return failure ?? error;
  switch (kind.kind) {
    case 'certificate':
    case 'proxy':
      return failure;
    case 'handshake':
      // A damaged record is a failure of the moment.
      return new PassingFailure(failure, { limit: { kind: 'tls', tries: TLS_TRIES } });
    case 'protocol':
      return new PassingFailure(
        new UserError('not_an_edge', `${host} did not answer with HTTP that can be read.`, {
          hint: 'Check the address. Something else may listen there, or a proxy in between may change answers.',
          cause: error,
        }),
        { limit: { kind: 'garbled', tries: FIRST_CONTACT_TRIES } },
      );
    case 'connection': {
      if (kind.connecting) {
        const limit = { kind: 'first contact', tries: FIRST_CONTACT_TRIES };
        return new PassingFailure(failure, reached ? {} : { limit });
      }
      return withBody ? new ConnectionCut(failure) : new PassingFailure(failure);
    }
  }
}

function flat(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) pairs[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return pairs;
}

/** Reads the body as text, up to a limit. A refusal counts even where its connection breaks. */
async function readText(
  host: string,
  { body, statusCode }: Dispatcher.ResponseData,
  onBytes: (bytes: number) => void,
): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      onBytes(chunk.length);
      length += chunk.length;
      if (length > MAX_ANSWER_BYTES && statusCode < 400) throw endless(host);
      if (length > MAX_ANSWER_BYTES) break;
      chunks.push(chunk);
    }
  } catch (error) {
    if (statusCode < 400) throw error;
  }
  return Buffer.concat(chunks).toString('utf8');
}
