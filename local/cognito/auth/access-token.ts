import { notAuthorized, userDisabled, userNotFound } from '../errors.ts';
import { isSignedBy, statedClaims } from '../jwt.ts';
import type { ClientRecord, UserRecord } from '../store/model.ts';
import type { Pool } from '../store/pool.ts';
import type { Pools } from '../store/pools.ts';
import { issuerOf, SELF_SCOPE } from './tokens.ts';

export interface Bearer {
  readonly pool: Pool;
  readonly client: ClientRecord;
  readonly user: UserRecord;
}

/**
 * Whom an access token stands for, as the operations that users call for themselves see it. Throws
 * NotAuthorizedException for a token that is forged, expired or revoked, or that was not issued for this.
 */
export function bearerOf(pools: Pools, token: string, now: Date): Bearer {
  const claims = statedClaims(token);
  const pool = pools.all().find(({ id }) => issuerOf(id) === claims?.iss);
  if (!claims || !pool) throw notAuthorized('Invalid Access Token');
  if (!pool.keys.published.some(({ access }) => isSignedBy(access, token)) || claims.token_use !== 'access') {
    throw notAuthorized('Invalid Access Token');
  }
  if (typeof claims.exp !== 'number' || now.getTime() >= claims.exp * 1_000) {
    throw notAuthorized('Access Token has expired');
  }
  if (!String(claims.scope).split(' ').includes(SELF_SCOPE)) {
    throw notAuthorized('Access Token does not have required scopes');
  }
  const client = pool.clients.get(String(claims.client_id));
  const user = pool.user(String(claims.sub));
  if (!client) throw notAuthorized('Invalid Access Token');
  if (!user) throw userNotFound();
  const family = user.families.find(({ eventId }) => eventId === claims.event_id);
  if (!family || family.revoked) throw notAuthorized('Access Token has been revoked');
  if (!user.enabled) throw userDisabled();
  return { pool, client, user };
}
