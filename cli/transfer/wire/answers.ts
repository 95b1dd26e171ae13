import { omitUndefined } from '../../../protocol/fields.ts';
import { UserError } from '../../errors.ts';
import { readXml, textOf } from './xml.ts';

/** An HTTP response. Header names are lower-case. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Whether an answer is an HTML page. */
export function isPage({ headers, text }: Pick<Answer, 'headers' | 'text'>): boolean {
  return (
    /^text\/html\b/i.test(headers['content-type'] ?? '') || /^\s*<(?:!doctype\s+html|html)\b/i.test(text)
  );
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
export interface Refusal {
  /** `edge`: JSON of the edge function. `store`: XML of S3. `between`: anything else, CloudFront's own pages included. */
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
export function readStoreError(text: string): Refusal | undefined {
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

/** Reads the error document of an answer. */
export function readRefusal({ status, headers, text }: Answer): Refusal {
  const json = headers['content-type']?.startsWith('application/json') ? readJson(text) : undefined;
  if (json !== undefined) return { from: 'edge', code: json.error, message: json.message };
  const error = readStoreError(text);
  if (error !== undefined) return error;
  return { from: 'between', code: `HTTP ${status}`, message: '' };
}
