import type { Dispatcher } from 'undici';
import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import type { Answer } from './answers.ts';
import { PassingFailure } from './retry.ts';

/** Bytes that are read of an answer. The longest, a page of ListParts, has about a third of them. */
const MAX_ANSWER_BYTES = 2 * 1024 * 1024;

/** Receives one answer. */
export interface Receiver {
  readonly handler: Dispatcher.DispatchHandler;
  /** Rejects with the failure of the connection, or with the reason of `abort`. */
  readonly answer: Promise<Answer>;
  /** Cancels the request and rejects `answer`; it has no effect on an answer that has ended. */
  readonly abort: (reason: unknown) => void;
}

interface ReceiverEvents {
  /** A connection is there, and takes the request. */
  readonly onStart: () => void;
  /** The status and headers have arrived. */
  readonly onHead: () => void;
  readonly onBytes: (bytes: number) => void;
}

/**
 * Creates a receiver. It keeps the body as text, up to a limit. A refusal counts even where its connection breaks.
 * It takes the place of undici's `request`, whose stream and signal cost as much as all other work of a small upload.
 */
export function createReceiver(host: string, { onStart, onHead, onBytes }: ReceiverEvents): Receiver {
  const chunks: Buffer[] = [];
  let length = 0;
  let head: Pick<Answer, 'status' | 'headers'> | undefined;
  let controller: Dispatcher.DispatchController | undefined;
  let aborted: { readonly reason: unknown } | undefined;
  const { promise, resolve, reject } = withResolvers<Answer>();

  // A request that could not begin has no one who waits for its answer.
  promise.catch(() => {});

  const cancel = (reason: unknown) => {
    aborted ??= { reason };
    controller?.abort(reason instanceof Error ? reason : new Error(String(reason)));
  };
  const end = () => {
    if (head !== undefined) resolve({ text: Buffer.concat(chunks).toString('utf8'), ...head });
  };

  return {
    answer: promise,
    abort(reason) {
      reject(reason);
      cancel(reason);
    },
    handler: {
      onRequestStart(started) {
        controller = started;
        if (aborted === undefined) onStart();
        else cancel(aborted.reason);
      },
      onResponseStart(_controller, status, headers) {
        // Informational answers, such as 100 and 103.
        if (status < 200) return;
        head = { status, headers: flat(headers) };
        onHead();
      },
      onResponseData(_controller, chunk) {
        onBytes(chunk.length);
        length += chunk.length;
        if (length <= MAX_ANSWER_BYTES) {
          chunks.push(chunk);
          return;
        }
        if (head !== undefined && head.status >= 400) end();
        else reject(endless(host));
        cancel(new Error('the answer is too long'));
      },
      onResponseEnd: end,
      onResponseError(_controller, error) {
        if (head !== undefined && head.status >= 400 && aborted === undefined) end();
        else reject(error);
      },
    },
  };
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) pairs[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return pairs;
}

/** The error for an answer without an end. */
export function endless(host: string): PassingFailure {
  return new PassingFailure(
    new UserError('unreachable', `${host} did not complete its answer.`, {
      hint: ['A proxy in between may hold it back. Check with:', command`edge-upload doctor`],
    }),
    { limit: { kind: 'endless', tries: 3 } },
  );
}

/** Calls back when a request moves no byte for too long. It is armed only while the network is to act. */
export interface StallGuard {
  /** Starts the time again; `extraMs` is added to the guard's limit. */
  arm(extraMs?: number): void;
  disarm(): void;
  /** Disarms for good. */
  end(): void;
}

/** @param limitMs milliseconds without a byte moved; 0 switches the guard off. */
export function stallGuard(limitMs: number, onStall: () => void): StallGuard {
  let timer: NodeJS.Timeout | undefined;
  let armedMs = -1;
  let ended = limitMs <= 0;
  const disarm = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  return {
    disarm,
    end() {
      ended = true;
      disarm();
    },
    arm(extraMs = 0) {
      if (ended) return;
      const wantedMs = limitMs + extraMs;
      if (timer !== undefined && armedMs === wantedMs) {
        timer.refresh();
        return;
      }
      disarm();
      armedMs = wantedMs;
      timer = setTimeout(onStall, wantedMs);
    },
  };
}

/** The slowest answer that is read, bytes a millisecond. At this rate the longest answer takes 17 minutes. */
const LEAST_RATE = 2;

/** The time for an answer where the stall guard is off, milliseconds. */
const UNGUARDED_MS = 10 * 60_000;

/**
 * Bounds the time of a whole answer, informational answers (1xx) included. The time that the request's body takes does not
 * count.
 */
export interface AnswerDeadline {
  /** Starts the time for the answer; `extraMs` is the store's own work. A second call has no effect. */
  start(extraMs?: number): void;
  /** Counts bytes of the answer. */
  received(bytes: number): void;
  end(): void;
}

/** @param limitMs milliseconds for the first byte; later bytes add time at the slowest rate. 0: ten minutes. */
export function answerDeadline(limitMs: number, onLate: () => void): AnswerDeadline {
  let timer: NodeJS.Timeout | undefined;
  let received = 0;
  let ended = false;
  // Each byte received adds its time at the slowest rate.
  const wait = (milliseconds: number, counted: number) => {
    timer = setTimeout(() => {
      if (received > counted) wait((received - counted) / LEAST_RATE, received);
      else onLate();
    }, milliseconds);
  };
  return {
    start(extraMs = 0) {
      if (timer !== undefined || ended) return;
      wait((limitMs > 0 ? limitMs : UNGUARDED_MS) + extraMs, received);
    },
    received(bytes) {
      received += bytes;
    },
    end() {
      ended = true;
      clearTimeout(timer);
    },
  };
}
