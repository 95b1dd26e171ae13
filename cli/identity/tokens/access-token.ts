/** Claims of an access token. They are not verified here: the token came from Cognito, and the edge verifies it. */
export interface AccessTokenClaims {
  readonly username: string;
  readonly groups: readonly string[];
  /** Absent if the token has no `exp`. */
  readonly expiresAt?: Date;
}

/**
 * Returns the claims of an access token; `undefined` for any other text.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
 */
export function readAccessToken(token: string): AccessTokenClaims | undefined {
  const [, payload, signature, ...more] = token.split('.');
  if (payload === undefined || !signature || more.length > 0) return undefined;
  let claims: unknown;
  try {
    claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  } catch {
    // The parser's message could quote the token.
    return undefined;
  }
  if (typeof claims !== 'object' || claims === null) return undefined;
  const { username, exp, 'cognito:groups': groups } = claims as Readonly<Record<string, unknown>>;
  if (typeof username !== 'string') return undefined;
  return {
    username,
    groups: Array.isArray(groups) ? groups.filter((one) => typeof one === 'string') : [],
    ...(typeof exp === 'number' && Number.isFinite(exp) ? { expiresAt: new Date(exp * 1000) } : {}),
  };
}

/** Returns true for text that can be sent in a header unchanged. */
export function isTokenText(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
}

/** Source of access tokens for requests. Tokens never appear in an error, an event or a log. */
export interface TokenSource {
  /** Returns a token that is not about to expire. */
  current(): Promise<string>;
  /**
   * Returns another token than `rejected`, which the edge refused before it expired. Refreshes at most once.
   * @param reason reason in the edge's answer, for the error if there is no other token
   */
  renew(rejected: string, reason?: string): Promise<string>;
}
