import { inspect } from 'node:util';
import { omitUndefined } from '../../protocol/fields.ts';
import { InUse } from '../command-line.ts';
import { type ErrorCode, isUserError, systemCode, type UserError } from '../errors.ts';
import type { SentCredentials } from '../sent-credentials.ts';

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

/** A failed upload. Match on `code`; texts can change between versions. */
export class UploadError extends Error {
  override readonly name = 'UploadError';
  readonly code: UploadErrorCode;
  /** What to change, if known. */
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

/** Maximum depth of causes that are searched. Network errors have fewer. */
const MAX_DEPTH = 20;

/**
 * Returns a cause unchanged. If it contains a credential, returns an error with the same name, code and message
 * instead.
 */
function cleanCause(cause: unknown, sent: SentCredentials): unknown {
  const printed = inspect(cause, { depth: MAX_DEPTH, customInspect: false, maxStringLength: null });
  if (sent.removedFrom(printed) === printed) return cause;
  if (!(cause instanceof Error)) return undefined;
  const { name, message } = sent.removedFrom({ name: cause.name, message: cause.message });
  return Object.assign(new Error(message), { name, ...omitUndefined({ code: systemCode(cause) }) });
}

/** Returns the first cause that is not an error of the command line, whose hint would name commands. */
function causeOf({ cause }: UserError): unknown {
  return isUserError(cause) ? causeOf(cause) : cause;
}

/**
 * Converts an error for callers of the library, without the credentials that were sent.
 * @param reason Reason of the aborted signal.
 */
export function uploadError(error: unknown, sent: SentCredentials, reason?: unknown): UploadError {
  if (error instanceof UploadError) return error;
  if (!isUserError(error)) {
    const message = sent.removedFrom(error instanceof Error ? error.message : String(error));
    return new UploadError('unexpected', message, { cause: cleanCause(error, sent) });
  }
  const { message = error.message, hint: lines = error.hintLines } = error.library;
  const hint = new InUse({ operated: false }).lines(lines).join('\n') || undefined;
  const code = isCode(error.code) ? error.code : 'unexpected';
  const cause = code === 'interrupted' ? reason : causeOf(error);
  const texts = sent.removedFrom({ message, hint });
  return new UploadError(code, texts.message, { hint: texts.hint, cause: cleanCause(cause, sent) });
}
