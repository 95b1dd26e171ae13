import { type Fields, omitUndefined, readFields } from '../../../protocol/fields.ts';
import { type CommandLine, command, type Hint } from '../../command-line.ts';
import { UserError } from '../../errors.ts';

/** Claims of an access token. They are not verified here: the token came from Cognito, and the edge verifies it. */
export interface AccessTokenClaims {
  readonly username: string;
  readonly groups: readonly string[];
  /** Absent if the token has no `exp`. */
  readonly expiresAt?: Date;
}

/** Returns the unverified claims of a JWT of any issuer; `undefined` for other text. The edge verifies tokens. */
export function readClaims(token: string): Fields | undefined {
  const [, payload, signature, ...more] = token.split('.');
  if (payload === undefined || !signature || more.length > 0) return undefined;
  return readFields(Buffer.from(payload, 'base64url').toString('utf8'));
}

/** Returns when a JWT expires; `undefined` for other texts, and for a JWT without `exp`. */
export function expiryOf(token: string): Date | undefined {
  const seconds = readClaims(token)?.exp;
  const isTime = typeof seconds === 'number' && Math.abs(seconds * 1000) <= MAX_TIME_MS;
  return isTime ? new Date(seconds * 1000) : undefined;
}

/** Beyond, a `Date` is invalid: https://tc39.es/ecma262/#sec-time-values-and-time-range */
const MAX_TIME_MS = 8.64e15;

/**
 * Returns the claims of an access token of a user pool; `undefined` for any other text.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
 */
export function readAccessToken(token: string): AccessTokenClaims | undefined {
  const claims = readClaims(token);
  if (claims === undefined) return undefined;
  const { username, 'cognito:groups': groups } = claims;
  if (typeof username !== 'string') return undefined;
  return {
    username,
    groups: Array.isArray(groups) ? groups.filter((one) => typeof one === 'string') : [],
    ...omitUndefined({ expiresAt: expiryOf(token) }),
  };
}

/** Whether text has the form of a signed JWT: three parts of base64url. */
export function isJwtText(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);
}

/**
 * Checks that the parts of a JWT are base64url. The edge verifies the rest.
 * @param source where the token is from, at the start of a sentence
 */
export function requireToken(token: string, source: string): string {
  if (isJwtText(token)) return token;
  const parts = token.split('.').length;
  const why = /[^\w.-]/.test(token)
    ? 'it contains characters that no token has'
    : `it has ${parts === 1 ? '1 part' : `${parts} parts`} instead of 3`;
  throw new UserError('usage', `${source} is not an access token: ${token === '' ? 'it is empty' : why}.`, {
    hint: ['Unset it, or set it to what this prints:', command`edge-upload token`],
  });
}

/** The code at the end of an edge's reason: `The token has expired (token_expired)`. */
const CODE = /\((\w+)\)$/;

/** Returns the code in the reason of an edge's refusal; `undefined` if it has none. */
export function codeIn(reason: string): string | undefined {
  return CODE.exec(reason)?.[1];
}

/** Codes of refusals that another token of the same sign-in can avoid. */
const OF_TOKEN: ReadonlySet<string> = new Set([
  'invalid_token',
  'missing_token',
  'token_expired',
  'token_revoked',
]);

/** Returns what helps after an edge refused the token of a sign-in. A new sign-in needs an issuer that the edge trusts. */
export function hintForRefusal(reason: string, login: CommandLine): Hint {
  const code = codeIn(reason);
  if (code === 'unknown_issuer') {
    return [
      'The edge no longer trusts the issuer of this sign-in. Ask its operator, who sees the trusted issuers with:',
      command`edge-upload trust list`,
    ];
  }
  if (code === 'token_not_yet_valid') {
    return 'The clocks of the issuer and of the edge differ. Run the same command again in a few minutes.';
  }
  const again: Hint = ['Sign in again:', login];
  if (code === undefined || OF_TOKEN.has(code)) return again;
  return [
    ...again,
    'If the edge refuses that token too, ask its operator, who can check it with:',
    command`edge-upload trust check`,
  ];
}

/** Source of access tokens for requests. Tokens never appear in an error, an event or a log. */
export interface TokenSource {
  /** Returns a token that is not about to expire. */
  current(): Promise<string>;
  /** Returns that token if it is in memory. */
  held?(): string | undefined;
  /**
   * Returns another token than `rejected`, which the edge refused before it expired. Refreshes at most once.
   * @param reason Reason in the edge's response, for the error if there is no other token.
   */
  renew(rejected: string, reason?: string): Promise<string>;
  /** Returns when the token expires. Absent if tokens are renewed. */
  endsAt?(): Promise<Date | undefined>;
  /** Adds details that only the source knows to a refusal of the edge. */
  explain?(error: UserError): UserError;
}
