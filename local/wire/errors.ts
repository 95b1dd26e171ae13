/** An error response of a service. Each protocol (query, JSON, REST XML) writes it in its own format. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  /** AWS's own error code, such as `NoSuchBucket` or `ValidationError`. */
  readonly code: string;
  readonly status: number;
  /** Further members of the error document, such as `BucketName`. */
  readonly details: Readonly<Record<string, string>>;

  constructor(code: string, message: string, status = 400, details: Readonly<Record<string, string>> = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.details = details;
  }
}

/** Returns the error for a feature of AWS that the embedded cloud does not support, by name. */
export function notSupported(what: string, code = 'InvalidRequest', status = 400): AwsError {
  return new AwsError(code, `The embedded cloud does not support ${what}.`, status);
}
