/** The closed list of refusals: values of `error` in a body, with their status. */
export const REFUSALS = {
  /** A header that the edge cannot honour, such as `If-Match`. */
  bad_header: 400,
  /** Empty, over 1,024 bytes, or reserved; has an empty or dot segment, control characters or invalid UTF-8. */
  bad_key: 400,
  /** A query parameter that is unknown, sent twice, or has an invalid value; or a combination that is not supported. */
  bad_query: 400,
  /** A Complete request without `x-amz-mp-object-size`, if the policy limits sizes. */
  size_required: 400,
  missing_token: 401,
  /** Not a well-formed JWT, or not signed by a key of its issuer. */
  invalid_token: 401,
  /** Not a JWT. Only its issuer can read it. */
  opaque_token: 401,
  /** `iss` differs from every trusted issuer. */
  unknown_issuer: 401,
  /** `alg` is not allowed, or does not match the key. */
  unsupported_algorithm: 401,
  /** The token has a `crit` header. */
  unsupported_crit: 401,
  /** `aud` is missing, or names other audiences only. */
  wrong_audience: 401,
  /** `azp`, `client_id` or `cid` names another client. */
  wrong_client: 401,
  /** An ID token instead of an access token or the reverse, or another kind. */
  wrong_token_kind: 401,
  /** A required claim is missing or has the wrong type. */
  invalid_claim: 401,
  /** No `exp`: the token would never expire. */
  missing_expiry: 401,
  /** `exp` is later than the issuer's limit allows. */
  lifetime_too_long: 401,
  token_expired: 401,
  /** A link or key that the operator revoked. */
  token_revoked: 401,
  /** `nbf` or `iat` is in the future. */
  token_not_yet_valid: 401,
  /** No rule of the issuer matches the token. */
  forbidden_caller: 403,
  /** The caller is in no group that is allowed to upload. */
  forbidden_group: 403,
  /** The caller is allowed to write other keys only. */
  forbidden_key: 403,
  /** A preflight from a page whose origin is not allowed to upload. */
  forbidden_origin: 403,
  /** The edge serves no page, or the page has no such file. */
  not_found: 404,
  method_not_allowed: 405,
  /** The page is too large to be sent uncompressed. */
  not_acceptable: 406,
  /** The body's length is not announced. */
  length_required: 411,
  too_large: 413,
  /** An error in the edge itself. */
  internal: 500,
  /** The keys that verify the token are unavailable. */
  keys_unavailable: 503,
} as const;

export type RefusalCode = keyof typeof REFUSALS;

/**
 * Thrown by every check that refuses a request. The caller sees the message, so it must not contain any part of a
 * token.
 */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: RefusalCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.code = code;
    this.headers = headers;
  }
}
