/** What an access token says of its user. Read, not verified: that is the edge's work, and the token came from Cognito. */
export interface AccessTokenClaims {
  readonly username: string;
  readonly groups: readonly string[];
  /** Absent where the token does not say. */
  readonly expiresAt?: Date;
}

/**
 * The claims of an access token: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
 * `undefined` for what is no such token.
 */
export function readAccessToken(token: string): AccessTokenClaims | undefined {
  const [, payload, signature, ...more] = token.split('.');
  if (payload === undefined || !signature || more.length > 0) return undefined;
  let claims: unknown;
  try {
    claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  } catch {
    // The reason would quote the token.
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

/** Whether a value can be a token: what goes into a header without a change. */
export function isTokenText(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
}

/** Where requests get their access token from. No implementation puts a token into an error, an event or a log. */
export interface TokenSource {
  /** A token that is good for a while yet. */
  current(): Promise<string>;
  /**
   * A token other than `rejected`, which the edge refused although its time had not come: one refresh at most.
   * @param reason the edge's own words, for the error where there is no other token.
   */
  renew(rejected: string, reason?: string): Promise<string>;
}
