/** All refusals of the edge with their status: the closed list of values of `error` in a body. */
export const REFUSALS = {
  /** A header that the edge cannot honour, such as `If-Match`. */
  bad_header: 400,
  /** Empty, dot or empty segments, control characters, bad UTF-8, over 1,024 bytes, or reserved. */
  bad_key: 400,
  /** A query key that is unknown, sent twice, or has a value out of bounds. */
  bad_query: 400,
  /** A Complete without `x-amz-mp-object-size`, if the policy limits sizes. */
  size_required: 400,
  missing_token: 401,
  /** Not a well-formed JWT, or not signed by a key of its issuer. */
  invalid_token: 401,
  /** Not a JWT at all: only its issuer can read it. */
  opaque_token: 401,
  /** `iss` is not exactly that of an issuer. */
  unknown_issuer: 401,
  /** `alg` is not allowed, or does not fit the key. */
  unsupported_algorithm: 401,
  /** A `crit` header. */
  unsupported_crit: 401,
  /** `aud` is missing or names others. */
  wrong_audience: 401,
  /** `azp`, `client_id` or `cid` is another client. */
  wrong_client: 401,
  /** An ID token instead of an access token, the reverse, or another kind. */
  wrong_token_kind: 401,
  /** A required claim is missing or has the wrong type. */
  invalid_claim: 401,
  /** No `exp`: the token would be valid for ever. */
  missing_expiry: 401,
  /** `exp` is later than the issuer's limit allows. */
  lifetime_too_long: 401,
  token_expired: 401,
  /** A link or key that the operator revoked. */
  token_revoked: 401,
  /** `nbf` or `iat` is in the future. */
  token_not_yet_valid: 401,
  /** No rule of the issuer fits the token. */
  forbidden_caller: 403,
  /** The caller is in no group that is allowed to upload. */
  forbidden_group: 403,
  /** The caller is only allowed to write other keys. */
  forbidden_key: 403,
  /** A preflight from a page that is not allowed to upload. */
  forbidden_origin: 403,
  /** The edge serves no page, or none of this name. */
  not_found: 404,
  method_not_allowed: 405,
  /** A page that is too large to be sent without compression. */
  not_acceptable: 406,
  /** A body whose length is not given beforehand. */
  length_required: 411,
  too_large: 413,
  /** An error in the edge itself. */
  internal: 500,
  /** The keys to verify a token with are unavailable at the moment. */
  keys_unavailable: 503,
} as const;

export type RefusalCode = keyof typeof REFUSALS;

/** Thrown by each decision that refuses. The caller sees the message, so it must not contain any part of a token. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: RefusalCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.code = code;
    this.headers = headers;
  }
}
