import type { Dispatcher } from 'undici';
import { omitUndefined } from '../../../protocol/fields.ts';
import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { TransientFailure } from './retry.ts';
import { readXml, textOf } from './xml.ts';

/** An HTTP response. Header names are lower-case. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Maximum bytes of a response. The longest, a page of ListParts, has about a third of them. */
const MAX_RESPONSE_BYTES = 2 * 1024 * 1024;

/** Receives one response. */
export interface Receiver {
  readonly handler: Dispatcher.DispatchHandler;
  /** Rejects with the failure of the connection, or with the reason of `abort`. */
  readonly response: Promise<HttpResponse>;
  /** Cancels the request and rejects `response`; it has no effect on a response that has ended. */
  readonly abort: (reason: unknown) => void;
}

interface ReceiverEvents {
  /** A connection accepts the request. */
  readonly onStart: () => void;
  /** The status and headers have arrived. */
  readonly onHead: () => void;
  readonly onBytes: (bytes: number) => void;
}

/**
 * Creates a receiver. It keeps the body as text, up to a limit. A refusal counts even if its connection breaks. It
 * replaces undici's `request`, whose stream and signal cost as much as all other work of a small upload.
 */
export function createReceiver(host: string, { onStart, onHead, onBytes }: ReceiverEvents): Receiver {
  const chunks: Buffer[] = [];
  let length = 0;
  let head: Pick<HttpResponse, 'status' | 'headers'> | undefined;
  let controller: Dispatcher.DispatchController | undefined;
  let aborted: { readonly reason: unknown } | undefined;
  const { promise, resolve, reject } = withResolvers<HttpResponse>();

  // Nobody waits for the response to a request that could not start.
  promise.catch(() => {});

  const cancel = (reason: unknown) => {
    aborted ??= { reason };
    controller?.abort(reason instanceof Error ? reason : new Error(String(reason)));
  };
  const end = () => {
    if (head !== undefined) resolve({ text: Buffer.concat(chunks).toString('utf8'), ...head });
  };

  return {
    response: promise,
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
        // Informational responses, such as 100 and 103.
        if (status < 200) return;
        head = { status, headers: flat(headers) };
        onHead();
      },
      onResponseData(_controller, chunk) {
        onBytes(chunk.length);
        length += chunk.length;
        if (length <= MAX_RESPONSE_BYTES) {
          chunks.push(chunk);
          return;
        }
        if (head !== undefined && head.status >= 400) end();
        else reject(endless(host));
        cancel(new Error('the response is too long'));
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
    // Some proxies repeat a header.
    if (value !== undefined) pairs[name] = [...new Set([value].flat())].join(', ');
  }
  return pairs;
}

/** Returns the error for an incomplete response. */
export function endless(host: string): TransientFailure {
  return new TransientFailure(
    new UserError('unreachable', `${host} did not complete its response.`, {
      hint: ['A proxy in between may hold it back. Check with:', command`edge-upload doctor`],
    }),
    { limit: { kind: 'endless', tries: 3 } },
  );
}

/** Whether a response is an HTML page. */
export function isPage({ headers, text }: Pick<HttpResponse, 'headers' | 'text'>): boolean {
  return (
    /^text\/html\b/i.test(headers['content-type'] ?? '') || /^\s*<(?:!doctype\s+html|html)\b/i.test(text)
  );
}

/** Returns whether a response is a success of the edge or the store. A page comes from a proxy or a captive portal. */
export function isSuccess(response: HttpResponse): boolean {
  return response.status >= 200 && response.status < 300 && !isPage(response);
}

/** The edge did not accept the token (401). */
export class TokenRejected extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

/** An error document and its author. */
export interface ErrorDocument {
  /**
   * `edge`: JSON of the edge function. `store`: XML of S3. `between`: anything else, such as CloudFront's own pages.
   */
  readonly from: 'edge' | 'store' | 'between';
  readonly code: string;
  readonly message: string;
  /** Details from S3: the unsigned headers, or the address of the bucket. */
  readonly detail?: string;
}

const FROM_THE_START = {
  hint: 'Run the same command again. It starts from the beginning.',
  library: { hint: 'Upload it again. It starts from the beginning.' },
};

/** The multipart upload is not open: aborted, expired, or completed. */
export class UploadGone extends UserError {
  constructor(subject: string) {
    super('refused_by_store', `The multipart upload of ${subject} no longer exists.`, FROM_THE_START);
  }
}

/** Another upload of the same key was completed at the same time. S3 asks for a new upload. */
export class UploadConflict extends UserError {
  constructor(subject: string) {
    super('gave_up', `Another upload of ${subject} was completed at the same moment.`, FROM_THE_START);
  }
}

/** The token names no group that is allowed to upload. */
export class NotInGroup extends UserError {}

function readJson(text: string): { error: string; message: string } | undefined {
  try {
    const { error, message } = JSON.parse(text) as { error?: unknown; message?: unknown };
    return typeof error === 'string' && typeof message === 'string' ? { error, message } : undefined;
  } catch {
    // A page of a proxy or of CloudFront, or a truncated body.
    return undefined;
  }
}

/** Returns S3's error document; `undefined` for any other text. */
export function readStoreError(text: string): ErrorDocument | undefined {
  const error = readXml(text, 'Error');
  if (error === undefined) return undefined;
  const detail = textOf(error, 'HeadersNotSigned') ?? textOf(error, 'Endpoint');
  return {
    from: 'store',
    code: textOf(error, 'Code') ?? 'Error',
    message: textOf(error, 'Message') ?? '',
    ...omitUndefined({ detail }),
  };
}

/** Reads the error document of a response. */
export function readErrorDocument({ status, headers, text }: HttpResponse): ErrorDocument {
  const json = headers['content-type']?.startsWith('application/json') ? readJson(text) : undefined;
  if (json !== undefined) return { from: 'edge', code: json.error, message: json.message };
  const error = readStoreError(text);
  if (error !== undefined) return error;
  return { from: 'between', code: `HTTP ${status}`, message: '' };
}

/** Whether a response is not the edge's, but for example that of a proxy that wants a sign-in. A broken one may be the edge's. */
export function isForeign({ from }: ErrorDocument, response: HttpResponse): boolean {
  const { headers, text } = response;
  const isOther = text !== '' && !headers['content-type']?.startsWith('application/json');
  return from === 'between' && (isOther || isPage(response));
}
