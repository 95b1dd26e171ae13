/** Every way in which the edge refuses, with its status: the closed list of what `error` in a body can be. */
export const REFUSALS = {
  /** A header that asks for what the edge cannot promise, such as `If-Match`. */
  bad_header: 400,
  /** Empty, dot or empty segments, control characters, bad UTF-8, over 1,024 bytes, or reserved. */
  bad_key: 400,
  /** A query key that is unknown, sent twice, or has a value out of bounds. */
  bad_query: 400,
  /** Completing a multipart upload without `x-amz-mp-object-size` where the policy limits sizes. */
  size_required: 400,
  missing_token: 401,
  invalid_token: 401,
  token_expired: 401,
  /** The caller is in none of the groups that may upload. */
  forbidden_group: 403,
  /** The policy lets the caller write elsewhere only. */
  forbidden_key: 403,
  /** A preflight from a page that may not upload. */
  forbidden_origin: 403,
  method_not_allowed: 405,
  /** A body whose length is not given beforehand. */
  length_required: 411,
  too_large: 413,
  /** The edge could not make sense of what happened. */
  internal: 500,
  /** The keys to verify a token with cannot be had at the moment. */
  keys_unavailable: 503,
} as const;

export type RefusalCode = keyof typeof REFUSALS;

/** Thrown by each decision that refuses. The message is shown to the caller: no part of a token may be in it. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: RefusalCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.code = code;
    this.headers = headers;
  }
}
