import type { Claims } from '../../protocol/claims.ts';
import type { EdgeIssuer } from '../config.ts';
import type { Refusal } from '../refusal.ts';
import { invalidToken } from './authorization.ts';

/** Whom a valid token stands for. */
export interface Caller {
  readonly issuer: EdgeIssuer;
  readonly name: string;
  /** Immutable and unique at the issuer. */
  readonly sub: string;
  readonly groups: readonly string[];
  readonly claims: Claims;
  readonly tokenExpiresAt: Date;
}

/** Seconds from 1970 to the end of the year 9999: later ones have no date in RFC 3339. */
const LATEST = 253_402_300_799;

/** Seconds that a token may be from the future: more is no difference between clocks. */
const CLOCK_SECONDS = 24 * 3600;

/** https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html */
const NAME = /^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$/u;

const isName = (value: unknown): value is string => typeof value === 'string' && NAME.test(value);

const isTime = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= LATEST;

const isTimeIfAny = (value: unknown): value is number | undefined => value === undefined || isTime(value);

function lacking(): Refusal {
  return invalidToken('The token lacks claims that an access token has.');
}

/**
 * The caller that the claims of an access token of Cognito name.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
 * @param now Seconds since 1970.
 * @throws {Refusal} `invalid_token` or `token_expired`
 */
export function readCaller(claims: Claims, issuer: EdgeIssuer, now: number): Caller {
  const { token_use, client_id, exp, nbf, iat, username, sub, 'cognito:groups': groups = [] } = claims;
  if (token_use !== 'access') throw invalidToken('The token is not an access token.');
  if (client_id !== issuer.clientId) throw invalidToken('The token is for another app client.');
  // One without an end would be valid for ever.
  if (!isTime(exp) || !isTimeIfAny(nbf) || !isTimeIfAny(iat)) throw lacking();
  if (exp <= now) throw invalidToken('The token has expired.', 'token_expired');
  if ((nbf ?? 0) > now || (iat ?? 0) > now + CLOCK_SECONDS) throw invalidToken('The token is not valid yet.');
  if (!isName(username) || !isName(sub) || !Array.isArray(groups) || !groups.every(isName)) throw lacking();
  return { issuer, name: username, sub, groups, claims, tokenExpiresAt: new Date(exp * 1000) };
}
