/** Why an upload ended; the page has words for each in every language. */
export type UploadErrorCode =
  /** The name cannot be a key. */
  | 'bad_key'
  /** Another tab of this browser sends to the same key. */
  | 'busy'
  | 'bytes_differ'
  /** Another file that was chosen has the same key. */
  | 'clash'
  /** An object has this key, and objects are not replaced here. */
  | 'exists'
  /** As `exists`, but an earlier try, whose answer was lost, may have stored it. */
  | 'exists_maybe_ours'
  /** The file is not the one that was chosen any more. */
  | 'file_changed'
  | 'file_unreadable'
  /** The token does not allow this key, or any. */
  | 'forbidden'
  /** The edge or the store was too busy, again and again. */
  | 'gave_up'
  /** What answers is neither the edge nor the store. */
  | 'not_an_edge'
  /** The edge or the store refused for a reason that no retry removes. */
  | 'refused'
  /** The caller's signal was aborted: paused or removed. */
  | 'stopped'
  | 'token_expired'
  | 'token_refused'
  | 'token_revoked'
  | 'too_large'
  | 'unreachable';

/** Codes after which the same upload may succeed without a change. */
const RETRYABLE: ReadonlySet<UploadErrorCode> = new Set([
  'busy',
  'bytes_differ',
  'gave_up',
  'not_an_edge',
  'stopped',
  'unreachable',
]);

/** Codes after which the multipart upload cannot be finished, so that it is aborted. */
const FINAL: ReadonlySet<UploadErrorCode> = new Set([
  'bad_key',
  'bytes_differ',
  'exists',
  'exists_maybe_ours',
  'file_changed',
  'too_large',
]);

export interface UploadErrorDetails {
  /** Of `too_large`: the most bytes that are allowed. */
  readonly maxSize?: number;
  readonly cause?: unknown;
}

/** An upload that did not succeed. The message is in English; matched by code. */
export class UploadError extends Error {
  override readonly name = 'UploadError';
  readonly code: UploadErrorCode;
  readonly maxSize: number | undefined;

  constructor(code: UploadErrorCode, message: string, { maxSize, cause }: UploadErrorDetails = {}) {
    super(message, { cause });
    this.code = code;
    this.maxSize = maxSize;
  }

  /** Whether the same upload may succeed later without a change. */
  get retryable(): boolean {
    return RETRYABLE.has(this.code);
  }

  /** Whether the multipart upload cannot be finished. */
  get final(): boolean {
    return FINAL.has(this.code);
  }
}

export function stopped(): UploadError {
  return new UploadError('stopped', 'The upload was stopped.');
}
