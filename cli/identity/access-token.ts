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
