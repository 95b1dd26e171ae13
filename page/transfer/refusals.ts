import { readFields } from '../../protocol/fields.ts';
import {
  DAMAGED_CODES,
  type FailureDetails,
  retryAfter,
  TRANSIENT_CODES,
  TRANSIENT_STATUS,
} from '../../protocol/retry-rules.ts';
import type { HttpResponse } from './exchange.ts';
import { UploadError, type UploadErrorCode } from './upload-error.ts';
import { parseXml, textOf } from './xml.ts';

/** The edge refused the token or its claims. A refreshed token can succeed. */
export class TokenRejected extends Error {
  /** The error to report if a refreshed token is refused too. */
  readonly error: UploadError;

  constructor(error: UploadError) {
    super(error.code, { cause: error });
    this.error = error;
  }
}

/** The multipart upload is not open: it was aborted, expired or completed. */
export class UploadGone extends Error {}

/** Another upload to the same key was completed at the same time. S3 requires a new upload. */
export class UploadConflict extends Error {}

interface TransientDetails extends FailureDetails {
  /** Whether the edge was unreachable, which the device may not have noticed. */
  readonly isLost?: boolean;
}

/** A failure that a retry can fix. `error` is reported after the last attempt. */
export class TransientFailure extends Error {
  readonly error: UploadError;
  readonly details: TransientDetails;

  constructor(error: UploadError, details: TransientDetails = {}) {
    super(error.code, { cause: error });
    this.error = error;
    this.details = details;
  }
}

/** Returns a failure with one retry, for damage that may not happen again. */
export function damaged(): TransientFailure {
  return new TransientFailure(new UploadError('bytes_differ'), {
    limit: { kind: 'damaged', tries: 2 },
  });
}

/** Returns the failure for a response from neither the edge nor S3. It is retried a few times. */
export function unexpectedResponse(): TransientFailure {
  return new TransientFailure(new UploadError('not_an_edge'), {
    limit: { kind: 'unexpected', tries: 3 },
  });
}

/** An error document and its sender: the edge function (JSON), S3 (XML), or a server in between. */
export interface Refusal {
  readonly from: 'edge' | 'store' | 'between';
  readonly code: string;
}

/** Parses an error document of S3; `undefined` for any other text. */
export function readStoreError(text: string): Refusal | undefined {
  const error = parseXml(text);
  if (error?.name !== 'Error') return undefined;
  return { from: 'store', code: textOf(error, 'Code') ?? 'Error' };
}

function readEdgeError(text: string): Refusal | undefined {
  // Anything else is a page of a proxy or CloudFront, or a truncated body.
  const { error, message } = readFields(text) ?? {};
  return typeof error === 'string' && typeof message === 'string' ? { from: 'edge', code: error } : undefined;
}

function readRefusal({ status, text }: HttpResponse): Refusal {
  return readEdgeError(text) ?? readStoreError(text) ?? { from: 'between', code: `HTTP ${status}` };
}

const BY_CODE: Readonly<Record<string, UploadErrorCode>> = {
  PreconditionFailed: 'exists',
  EntityTooLarge: 'too_large',
  too_large: 'too_large',
  KeyTooLongError: 'bad_key',
  InvalidURI: 'bad_key',
  bad_key: 'bad_key',
  forbidden_caller: 'not_allowed',
  forbidden_group: 'not_allowed',
  token_expired: 'token_expired',
  token_not_yet_valid: 'token_early',
  token_revoked: 'token_revoked',
  unknown_issuer: 'token_untrusted',
  // Refusals of what the issuer writes into every token of this kind.
  invalid_claim: 'token_unsuitable',
  lifetime_too_long: 'token_unsuitable',
  missing_expiry: 'token_unsuitable',
  opaque_token: 'token_unsuitable',
  unsupported_algorithm: 'token_unsuitable',
  unsupported_crit: 'token_unsuitable',
  wrong_audience: 'token_unsuitable',
  wrong_client: 'token_unsuitable',
  wrong_token_kind: 'token_unsuitable',
};

const BY_STATUS: Readonly<Record<number, UploadErrorCode>> = {
  401: 'token_refused',
  403: 'forbidden',
  412: 'exists',
  413: 'too_large',
  414: 'bad_key',
};

/** Refusals that a refreshed token can resolve, because it has the caller's current groups and claims. */
const OF_CALLER: ReadonlySet<string> = new Set(['forbidden_group', 'forbidden_caller']);

function codeOf({ from, code }: Refusal, status: number): UploadErrorCode {
  const known = Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : BY_STATUS[status];
  if (known !== undefined) return known;
  const foreign = from === 'between' && (status < 400 || status === 404 || status === 405);
  return foreign ? 'not_an_edge' : 'refused';
}

/** Returns the error for a refusal by the edge, the store or a server in between. */
export function refusalError(refusal: Refusal, response: HttpResponse): Error {
  const { status } = response;
  const { code } = refusal;
  if (code === 'NoSuchUpload') return new UploadGone(code);
  if (code === 'ConditionalRequestConflict' && status !== 503) return new UploadConflict(code);
  if (DAMAGED_CODES.has(code)) return damaged();
  if (TRANSIENT_STATUS.has(status) || TRANSIENT_CODES.has(code)) {
    const retryAfterMs = retryAfter(response.header('retry-after'), response.header('date'), new Date());
    return new TransientFailure(new UploadError('gave_up'), { retryAfterMs });
  }
  const error = new UploadError(codeOf(refusal, status));
  const ofToken = (status === 401 && refusal.from !== 'between') || OF_CALLER.has(code);
  return ofToken ? new TokenRejected(error) : error;
}

/** Whether a response is an HTML page. */
function isPage({ header, text }: HttpResponse): boolean {
  return /^text\/html\b/i.test(header('content-type') ?? '') || /^\s*<(?:!doctype\s+html|html)\b/i.test(text);
}

/**
 * Checks that a response is a success.
 * @throws the error of {@link refusalError}
 */
export function failureOf(response: HttpResponse): void {
  const { status } = response;
  if (status < 200 || status >= 300) throw refusalError(readRefusal(response), response);
  if (isPage(response)) throw unexpectedResponse();
}
