/** Why an upload failed. The page has a text for each in every language. */
export type UploadErrorCode =
  /** The name cannot be a key. */
  | 'bad_key'
  /** Another tab of this browser is uploading to the same key. */
  | 'busy'
  | 'bytes_differ'
  /** Another chosen file has the same key. */
  | 'clash'
  /** An object with this key exists, and the edge does not replace objects. */
  | 'exists'
  /** Like `exists`, but an earlier attempt may have stored the object: its response was lost. */
  | 'exists_maybe_ours'
  /** The file was changed while it was sent. */
  | 'file_changed'
  /** The file was changed, moved or deleted after it was chosen, or cannot be read. Browsers do not tell which. */
  | 'file_unreadable'
  /** The token does not allow this key. */
  | 'forbidden'
  /** The edge or the store was too busy for all attempts. */
  | 'gave_up'
  /** The response is from neither the edge nor the store. */
  | 'not_an_edge'
  /** The token allows no uploads at all: no rule or group of its caller does. */
  | 'not_allowed'
  /** The edge or the store refused, and no retry can help. */
  | 'refused'
  /** The caller aborted the signal, to pause or remove the file. */
  | 'stopped'
  /** The token is not valid yet: the clocks of its issuer and of the edge differ. */
  | 'token_early'
  | 'token_expired'
  | 'token_refused'
  | 'token_revoked'
  /** The edge accepts no token of this kind from the issuer. Another one would be refused too. */
  | 'token_unsuitable'
  /** The edge does not trust the issuer of the token. */
  | 'token_untrusted'
  | 'too_large'
  /** A defect of the page or of the browser. */
  | 'unexpected'
  | 'unreachable';

/** Codes after which the same upload can succeed without a change. */
const RETRYABLE: ReadonlySet<UploadErrorCode> = new Set([
  'busy',
  'bytes_differ',
  'gave_up',
  'not_an_edge',
  'stopped',
  'token_early',
  'unexpected',
  'unreachable',
]);

/** Codes after which the multipart upload cannot be completed. It is aborted. */
const FINAL: ReadonlySet<UploadErrorCode> = new Set([
  'bad_key',
  'bytes_differ',
  'exists',
  'exists_maybe_ours',
  'file_changed',
  'too_large',
]);

export interface UploadErrorDetails {
  /** For `too_large`: the limit in bytes. */
  readonly maxSize?: number;
  readonly cause?: unknown;
}

/** A failed upload. The page has a text for each code; the message is only the code. */
export class UploadError extends Error {
  override readonly name = 'UploadError';
  readonly code: UploadErrorCode;
  readonly maxSize: number | undefined;

  constructor(code: UploadErrorCode, { maxSize, cause }: UploadErrorDetails = {}) {
    super(code, { cause });
    this.code = code;
    this.maxSize = maxSize;
  }

  /** Whether the same upload can succeed later without a change. */
  get retryable(): boolean {
    return RETRYABLE.has(this.code);
  }

  /** Whether the multipart upload cannot be completed. */
  get final(): boolean {
    return FINAL.has(this.code);
  }
}

export function stopped(): UploadError {
  return new UploadError('stopped');
}

/** Returns an error that the page can show. A defect of the page is also reported to the console. */
export function asUploadError(error: unknown): UploadError {
  if (error instanceof UploadError) return error;
  reportError(error);
  return new UploadError('unexpected', { cause: error });
}
