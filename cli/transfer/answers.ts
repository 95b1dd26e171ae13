import { XMLParser } from 'fast-xml-parser';
import { type ErrorCode, UserError } from '../errors.ts';
import { PassingFailure, retryAfter } from './retry.ts';

/** What came back from the edge; header names are lower-case. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** The edge did not take the token (401). */
export class TokenRejected extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

/** An error document, whoever wrote it. */
export interface Refusal {
  /** `edge`: JSON of the edge function. `store`: XML of S3. `between`: anything else, CloudFront's own pages included. */
  readonly from: 'edge' | 'store' | 'between';
  readonly code: string;
  readonly message: string;
}

/** The multipart upload is not open: aborted, expired, or completed. */
export class UploadGone extends UserError {
  constructor(subject: string) {
    super('refused_by_store', `The store has no open upload of ${subject} any more.`, {
      hint: 'Type the command again; it starts anew.',
    });
  }
}

const xml = new XMLParser({
  parseTagValue: false,
  ignoreDeclaration: true,
  processEntities: true,
  // A key may begin or end with a space.
  trimValues: false,
  isArray: (name) => name === 'Part' || name === 'Upload',
});

/** S3's XML as an object; `undefined` for what is no XML document with that root. */
export function readXml(text: string, root: string): Record<string, unknown> | undefined {
  if (!text.trimStart().startsWith('<')) return undefined;
  let document: unknown;
  try {
    document = xml.parse(text);
  } catch {
    // What does not parse is no document of S3's; the caller decides by the status then.
    return undefined;
  }
  const found = (document as Record<string, unknown>)[root];
  return typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : undefined;
}

function readJson(text: string): { error: string; message: string } | undefined {
  try {
    const { error, message } = JSON.parse(text) as { error?: unknown; message?: unknown };
    return typeof error === 'string' && typeof message === 'string' ? { error, message } : undefined;
  } catch {
    // No JSON of the edge's: a proxy's or CloudFront's page, or a body that was cut.
    return undefined;
  }
}

/** S3's error document; `undefined` for anything else. */
export function readStoreError(text: string): Refusal | undefined {
  const error = readXml(text, 'Error');
  return error === undefined
    ? undefined
    : { from: 'store', code: String(error.Code ?? 'Error'), message: String(error.Message ?? '') };
}

/** Reads the error document of an answer. */
export function readRefusal({ status, headers, text }: Answer): Refusal {
  const json = headers['content-type']?.startsWith('application/json') ? readJson(text) : undefined;
  if (json !== undefined) return { from: 'edge', code: json.error, message: json.message };
  const error = readStoreError(text);
  if (error !== undefined) return error;
  return { from: 'between', code: `HTTP ${status}`, message: '' };
}

const PASSING_STATUS: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** S3's codes that a later try may not meet: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const PASSING_CODES: ReadonlySet<string> = new Set([
  'SlowDown',
  'InternalError',
  'ServiceUnavailable',
  'RequestTimeout',
  'IncompleteBody',
  'OperationAborted',
  'ConditionalRequestConflict',
]);

/** S3 got other bytes than the checksum or MD5 sent with them says. */
const DAMAGED_CODES: ReadonlySet<string> = new Set(['BadDigest', 'XAmzContentChecksumMismatch']);

const KEY_CODES: ReadonlySet<string> = new Set(['bad_key', 'KeyTooLongError', 'InvalidURI']);
const SIZE_CODES: ReadonlySet<string> = new Set(['EntityTooLarge', 'too_large']);

/** The store may have said 200 before it looked. */
const isPrecondition = (code: string, status: number) => status === 412 || code === 'PreconditionFailed';

function finalCode({ from, code }: Refusal, status: number): ErrorCode {
  if (isPrecondition(code, status)) return 'exists';
  if (status === 413 || SIZE_CODES.has(code)) return 'too_large';
  if (status === 403) return 'forbidden';
  if (KEY_CODES.has(code)) return 'bad_key';
  if (from === 'between' && (status < 400 || status === 404 || status === 405)) return 'not_an_edge';
  return from === 'store' ? 'refused_by_store' : 'refused_by_edge';
}

const HINTS: Partial<Record<ErrorCode, string>> = {
  exists: 'Choose another key with --as or --prefix, or leave --no-clobber out.',
  forbidden: 'See who is signed in, and what may be written: edge-upload whoami',
  not_an_edge: 'Check the address; the edge is what deploy printed, or ask who runs it.',
};

function sentence(refusal: Refusal, status: number, subject: string): string {
  const said = refusal.message === '' ? '' : `: ${refusal.message.replace(/\.?\s*$/, '')}`;
  const who = { edge: 'The edge', store: 'The store', between: 'The server' }[refusal.from];
  if (isPrecondition(refusal.code, status)) return `${subject} exists already, and was left as it is.`;
  if (PASSING_STATUS.has(status)) return `${who} could not take ${subject} (${refusal.code})${said}.`;
  return `${who} refused ${subject} (${refusal.code})${said}.`;
}

/** An error of the store's as an error of ours: one that a later try may mend, or the user's own. */
export function refusalError(
  refusal: Refusal,
  status: number,
  subject: string,
  retryAfterMs?: number,
): PassingFailure | UserError {
  if (refusal.code === 'NoSuchUpload') return new UploadGone(subject);
  const message = sentence(refusal, status, subject);
  if (DAMAGED_CODES.has(refusal.code)) {
    const error = new UserError('bytes_differ', `${subject} was damaged on its way to the store.`, {
      hint: 'Type the command again; if it goes on, something between here and the store changes bytes.',
    });
    return new PassingFailure(error, { limit: { kind: 'damaged', tries: 2 } });
  }
  if (PASSING_STATUS.has(status) || PASSING_CODES.has(refusal.code)) {
    const error = new UserError('gave_up', message, {
      hint: 'Type the same command again later; a large file goes on where it stopped.',
    });
    // Whoever is throttled, or sent away by the edge, was not served.
    const refused = refusal.from === 'edge' || (refusal.from === 'store' && status === 503);
    return new PassingFailure(error, { refused, ...(retryAfterMs !== undefined && { retryAfterMs }) });
  }
  if (refusal.code === 'MetadataTooLarge') {
    return new UserError('usage', message, {
      hint: "Give it less --metadata: names and values may have 2 KB in all, the uploader's name that the edge adds included.",
    });
  }
  const code = finalCode(refusal, status);
  const hint = HINTS[code];
  return new UserError(code, message, hint === undefined ? {} : { hint });
}

/**
 * Lets a success pass.
 * @param subject what was asked for, as it stands in a sentence: a key, most often.
 * @throws {TokenRejected} on 401; {@link PassingFailure} or {@link UserError} on anything else that is no success.
 */
export function judge(answer: Answer, subject: string, now: Date): void {
  const { status, headers } = answer;
  if (status >= 200 && status < 300) return;
  const refusal = readRefusal(answer);
  if (status === 401) throw new TokenRejected(refusal.message || refusal.code);
  throw refusalError(refusal, status, subject, retryAfter(headers['retry-after'], now));
}
