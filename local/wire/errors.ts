/** An error response of a service. Each protocol (query, JSON, REST XML) writes it in its own format. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  /** AWS's own error code, such as `NoSuchBucket` or `ValidationError`. */
  readonly code: string;
  readonly status: number;
  /** Further members of the error document, such as `BucketName`. */
  readonly details: Readonly<Record<string, string>>;
  /** Headers of the response beside those of every error. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: string,
    message: string,
    status = 400,
    details: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.code = code;
    this.status = status;
    this.details = details;
    this.headers = headers;
  }
}

/** Returns the error for a feature of AWS that the embedded cloud does not support, by name. */
export const notSupported = (what: string, code = 'InvalidRequest', status = 400) =>
  new AwsError(code, `The embedded cloud does not support ${what}.`, status);

const FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/**
 * Returns the response for an error of an operation: itself if it is one, and a refusal if the disk of this computer is
 * full, which AWS does not have and clients do not retry. Returns `undefined` for other errors, which are defects.
 */
export function asRefusal(error: unknown): AwsError | undefined {
  if (error instanceof AwsError) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (!FULL.has(code)) return undefined;
  const message = `The disk of the embedded cloud is full (${code}). Free some space; “edge-upload local status” prints the folder.`;
  return new AwsError('InsufficientStorage', message, 507);
}
