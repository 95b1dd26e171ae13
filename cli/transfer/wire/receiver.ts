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
