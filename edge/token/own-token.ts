import type { Claims } from '../../protocol/claims.ts';
import type { EdgeIssuer } from '../config.ts';
import { invalidClaim, invalidToken } from './authorization.ts';
import { type Caller, checkTimes } from './claims.ts';
import { readGrant } from './grant.ts';

/** Prefixes in front of the JWT of a link or key. Secret scanners find leaked ones by them. */
const PREFIXES = { eul_: 'link', euk_: 'key' } as const;

export type TokenKind = (typeof PREFIXES)[keyof typeof PREFIXES];

/** Maximum days from `iat` to `exp`. */
const MAX_DAYS = { link: 31, key: 366 } as const;

/** Claims of a link or key. `readGrant` describes the last five. */
const CLAIMS: readonly string[] = ['iss', 'aud', 'sub', 'iat', 'exp', 'k', 'p', 'max', 'nc', 'n'];

/** Maximum seconds that the operator's clock can be ahead. */
const CLOCK_SECONDS = 300;

/** Splits a token into its JWT and its kind. Tokens of other issuers have no kind. */
export function splitToken(token: string): { readonly text: string; readonly kind?: TokenKind } {
  const prefix = token.slice(0, 4);
  return prefix === 'eul_' || prefix === 'euk_'
    ? { text: token.slice(4), kind: PREFIXES[prefix] }
    : { text: token };
}

export interface OwnTokenContext {
  readonly issuer: EdgeIssuer;
  /** The edge's own origins. */
  readonly audiences: readonly string[];
  /** Ids of revoked links and keys. */
  readonly revoked: ReadonlySet<string>;
  /** Seconds since 1970. */
  readonly now: number;
}

/**
 * Returns the caller of a link or key, which is the link or key itself. Refuses unknown claims.
 * @throws {Refusal} 401
 */
export function readOwnCaller(
  claims: Claims,
  kind: TokenKind,
  { issuer, audiences, revoked, now }: OwnTokenContext,
): Caller {
  const { aud, sub } = claims;
  if (!Object.keys(claims).every((claim) => CLAIMS.includes(claim))) {
    throw invalidToken('The token has a claim that links and keys do not have.', 'invalid_claim');
  }
  const [, name, id = ''] = (typeof sub === 'string' && /^(link|key):([\w-]{8})$/.exec(sub)) || [];
  if (typeof sub !== 'string' || name !== kind) throw invalidClaim('sub');
  if (typeof aud !== 'string') throw invalidClaim('aud');
  if (!audiences.includes(aud)) throw invalidToken(`The ${kind} is for another edge.`, 'wrong_audience');
  const exp = checkLifetime(claims, kind, issuer, now);
  const grant = readGrant(claims, kind);
  if (revoked.has(id)) throw invalidToken(`The ${kind} was revoked.`, 'token_revoked');
  return { issuer, name: sub, sub, groups: [], claims, tokenExpiresAt: new Date(exp * 1000), grant };
}

/**
 * Returns when a link or key expires, in seconds since 1970.
 * @throws {Refusal} 401
 */
function checkLifetime(claims: Claims, kind: TokenKind, issuer: EdgeIssuer, now: number): number {
  const exp = checkTimes(claims, issuer, now);
  const { iat } = claims;
  if (typeof iat !== 'number') throw invalidClaim('iat');
  if (iat > now + CLOCK_SECONDS) {
    throw invalidToken(
      `The ${kind} was issued in the future. Check the operator's clock.`,
      'token_not_yet_valid',
    );
  }
  if (exp > iat + MAX_DAYS[kind] * 24 * 3600) {
    throw invalidToken(`A ${kind} lasts at most ${MAX_DAYS[kind]} days.`, 'lifetime_too_long');
  }
  return exp;
}
