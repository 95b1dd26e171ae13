import { omitUndefined } from '../../protocol/omit-undefined.ts';
import { type ErrorCode, isUserError } from '../errors.ts';

/** Codes of {@link UploadError}; docs/troubleshooting.md describes each. */
const UPLOAD_ERROR_CODES = [
  'unexpected',
  'disk',
  'settings',
  'busy',
  'usage',
  'file_missing',
  'file_unreadable',
  'file_is_folder',
  'file_special',
  'file_changed',
  'not_signed_in',
  'token_refused',
  'forbidden',
  'not_an_edge',
  'unreachable',
  'tls',
  'gave_up',
  'exists',
  'too_large',
  'bad_key',
  'refused_by_edge',
  'refused_by_store',
  'bytes_differ',
  'interrupted',
] as const satisfies readonly ErrorCode[];

/** Code of an {@link UploadError}. */
export type UploadErrorCode = (typeof UPLOAD_ERROR_CODES)[number];

/** Why an upload failed. Match on `code`; the texts may change. */
export class UploadError extends Error {
  override readonly name = 'UploadError';
  readonly code: UploadErrorCode;
  /** What to change, where that is known. */
  readonly hint?: string;

  constructor(
    code: UploadErrorCode,
    message: string,
    options: { readonly hint?: string | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    Object.assign(this, omitUndefined({ hint: options.hint }));
  }
}

const isCode = (code: ErrorCode): code is UploadErrorCode =>
  UPLOAD_ERROR_CODES.some((known) => known === code);

/**
 * Returns an error as callers of the library get it.
 * @param reason why the signal was aborted.
 */
export function uploadError(error: unknown, reason?: unknown): UploadError {
  if (error instanceof UploadError) return error;
  if (!isUserError(error)) {
    const message = error instanceof Error ? error.message : String(error);
    return new UploadError('unexpected', message, { cause: error });
  }
  const { message = error.message, hint = error.hint } = error.library;
  const code = isCode(error.code) ? error.code : 'unexpected';
  const cause = code === 'interrupted' ? reason : error.cause;
  return new UploadError(code, message, { hint, cause });
}
