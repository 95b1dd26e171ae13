import type { Claims } from '../../protocol/claims.ts';
import type { EdgeIssuer } from '../config.ts';
import type { Refusal } from '../refusal.ts';
import { adviceOnAudience } from './advice.ts';
import { invalidClaim, invalidToken } from './authorization.ts';

/** Claims that name the client that requested the token. */
const CLIENTS = ['azp', 'appid', 'client_id', 'cid'];

const namedBy = ({ aud }: Claims): readonly unknown[] => (Array.isArray(aud) ? aud : [aud]);

/** Whether a token is for an audience of the issuer. A pool's access tokens name their client instead. */
export function isForAudience(
  claims: Claims,
  { kind, audiences, clientId }: EdgeIssuer,
  origins: readonly string[],
): boolean {
  if (kind === 'pool') return claims.client_id === clientId;
  const named = namedBy(claims);
  return (audiences ?? origins).some((one) => named.includes(one));
}

/** Whether a token was issued to the issuer's client. Other clients can get tokens for the same audience. */
export function isOfClient(claims: Claims, { kind, token, clientId }: EdgeIssuer): boolean {
  if (kind === 'workload' || clientId === undefined) return true;
  if (CLIENTS.some((claim) => claims[claim] !== undefined && claims[claim] !== clientId)) return false;
  const mustName =
    kind === 'pool' || (token === 'id' && namedBy(claims).length > 1 && claims.azp === undefined);
  return !mustName || CLIENTS.some((claim) => claims[claim] === clientId);
}

/** Returns the refusal of a token for an audience that none of the issuers has. */
export function wrongAudience(
  claims: Claims,
  issuers: readonly EdgeIssuer[],
  origins: readonly string[],
): Refusal {
  const named = namedBy(claims);
  const accepted = new Set(issuers.flatMap(({ audiences = origins }) => audiences));
  const advice = new Set(issuers.map((issuer) => adviceOnAudience(issuer, named)));
  const problem =
    claims.aud === undefined ? 'The token has no aud claim.' : 'The token is for another audience.';
  return invalidToken(
    `${problem} Accepted: ${[...accepted].join(', ')}.${[...advice].join('')}`,
    'wrong_audience',
  );
}

/** @throws {Refusal} 401 for a token that is not for the issuer's audience, or was issued to another client */
export function checkAudience(claims: Claims, issuer: EdgeIssuer, origins: readonly string[]): void {
  const { aud } = claims;
  if (aud !== undefined && !namedBy(claims).every((one) => typeof one === 'string'))
    throw invalidClaim('aud');
  if (issuer.kind !== 'pool' && !isForAudience(claims, issuer, origins)) {
    throw wrongAudience(claims, [issuer], origins);
  }
  if (isOfClient(claims, issuer)) return;
  throw invalidToken(
    'The token was issued to another client. Sign in with edge-upload login.',
    'wrong_client',
  );
}
