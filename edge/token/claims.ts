import { type Claims, claimText, isUnverified, readClaim } from '../../protocol/claims.ts';
import type { EdgeIssuer } from '../config.ts';
import { UNVERIFIED } from './advice.ts';
import { checkAudience } from './audience.ts';
import { invalidClaim, invalidToken } from './authorization.ts';
import type { Grant } from './grant.ts';
import { checkKind } from './kind.ts';

/** The caller that a valid token identifies. */
export interface Caller {
  readonly issuer: EdgeIssuer;
  readonly name: string;
  /** Immutable and unique at the issuer. */
  readonly sub: string;
  readonly groups: readonly string[];
  readonly claims: Claims;
  readonly tokenExpiresAt: Date;
  /** The grant of a link or key. Absent: a rule of the issuer decides. */
  readonly grant?: Grant;
}

/** Seconds from 1970 to the end of the year 9999, the last that RFC 3339 can express. */
const LATEST = 253_402_300_799;

/** Seconds that `iat` can be in the future. Allows for inaccurate clocks. */
const CLOCK_SECONDS = 24 * 3600;

/** Seconds that `nbf` can be in the future. Allows for the issuer's clock. */
const EARLY_SECONDS = 60;

/** Maximum seconds from now to `exp` for issuers without a limit of their own. */
const MAX_AGE_SECONDS = 24 * 3600;

/**
 * Names of the pool's users:
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html
 */
const POOL_NAME = /^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$/u;

/** Names of other callers: valid Unicode that fits into S3's 2 KB of metadata when percent-encoded. */
const NAME = /^[^\p{Cc}\p{Cs}]+$/u;
const NAME_BYTES = 1_500;

const isTime = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= LATEST;

function isName(value: unknown, { kind }: EdgeIssuer): value is string {
  if (typeof value !== 'string') return false;
  return kind === 'pool'
    ? POOL_NAME.test(value)
    : NAME.test(value) && encodeURIComponent(value).length <= NAME_BYTES;
}

/**
 * Returns the caller that the claims of a token name.
 * https://www.rfc-editor.org/rfc/rfc7519#section-4.1,
 * https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
 * @param audiences Values of `aud` for an issuer without its own.
 * @param now Seconds since 1970.
 * @throws {Refusal} 401
 */
export function readCaller(
  { header, payload: claims }: { readonly header: Claims; readonly payload: Claims },
  issuer: EdgeIssuer,
  audiences: readonly string[],
  now: number,
): Caller {
  checkKind(header, claims, issuer);
  checkAudience(claims, issuer, audiences);
  const exp = checkTimes(claims, issuer, now);
  const { sub } = claims;
  const name = claimText(readClaim(claims, issuer.name));
  if (!isName(sub, issuer)) throw invalidClaim('sub');
  if (isUnverified(claims, issuer.name)) throw invalidToken(UNVERIFIED, 'invalid_claim');
  if (!isName(name, issuer)) throw invalidClaim(issuer.name.join('.'));
  return {
    issuer,
    name,
    sub,
    groups: readGroups(claims, issuer),
    claims,
    tokenExpiresAt: new Date(exp * 1000),
  };
}

/** Returns when a token expires, in seconds since 1970. @throws {Refusal} 401 */
export function checkTimes({ exp, nbf, iat }: Claims, { kind, maxAge }: EdgeIssuer, now: number): number {
  if (exp === undefined) throw invalidToken('The token has no exp claim.', 'missing_expiry');
  if (!isTime(exp)) throw invalidClaim('exp');
  if (exp <= now) throw invalidToken('The token has expired.', 'token_expired');
  const longest = maxAge ?? (kind === 'pool' ? Number.POSITIVE_INFINITY : MAX_AGE_SECONDS);
  if (exp > now + longest) {
    throw invalidToken(
      `The token lasts more than ${longest} seconds. Shorten it at the provider.`,
      'lifetime_too_long',
    );
  }
  checkBegin('nbf', nbf, now + EARLY_SECONDS);
  checkBegin('iat', iat, now + CLOCK_SECONDS);
  return exp;
}

function checkBegin(claim: string, time: unknown, latest: number): void {
  if (time === undefined) return;
  if (!isTime(time)) throw invalidClaim(claim);
  if (time > latest) throw invalidToken('The token is not valid yet.', 'token_not_yet_valid');
}

function readGroups(claims: Claims, issuer: EdgeIssuer): readonly string[] {
  const { groups: path = [] } = issuer;
  const groups = path.length === 0 ? undefined : readClaim(claims, path);
  if (groups === undefined) return [];
  if (Array.isArray(groups) && groups.every((group) => isName(group, issuer))) return groups;
  throw invalidClaim(path.join('.'));
}
