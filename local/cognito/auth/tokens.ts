import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { REGION } from '../../account.ts';
import type { JsonObject } from '../../json.ts';
import { notAuthorized, userDisabled, userNotFound } from '../errors.ts';
import { isSignedBy, signJwt, statedClaims } from '../keys.ts';
import { NO_FAILURES } from '../password.ts';
import { canRead } from '../permissions.ts';
import { canRevoke, isRotating, tokenValidity } from '../resources/client-properties.ts';
import type { ClientRecord, TokenFamily, UserRecord } from '../store/model.ts';
import type { UserPool } from '../store/pool.ts';
import type { Pools } from '../store/pools.ts';

const SELF_SCOPE = 'aws.cognito.signin.user.admin';

export const issuerOf = (poolId: string) => `https://cognito-idp.${REGION}.amazonaws.com/${poolId}`;

const SECRET_BYTES = 48;

export const hashRefreshToken = (token: string) => createHash('sha256').update(token).digest('base64url');

/** Creates a refresh token. It is opaque to clients and contains its user, so that it is found without a search. */
export function newRefreshToken(user: UserRecord): string {
  return `${Buffer.from(user.sub).toString('base64url')}.${randomBytes(SECRET_BYTES).toString('base64url')}`;
}

export const refreshTokenOwner = (token: string) =>
  Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8');

/** The tokens in the response to a completed sign-in. */
export type AuthenticationResult = {
  readonly AccessToken: string;
  readonly ExpiresIn: number;
  readonly TokenType: 'Bearer';
  readonly IdToken: string;
  readonly RefreshToken?: string;
};

interface Grant {
  readonly pool: UserPool;
  readonly client: ClientRecord;
  readonly user: UserRecord;
  readonly now: Date;
}

const seconds = (date: Date) => Math.floor(date.getTime() / 1_000);

/**
 * Issues the access and ID tokens of a sign-in. Claims:
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
 */
export function issueTokens({ pool, client, user, now }: Grant, family: TokenFamily): AuthenticationResult {
  const validity = tokenValidity(client.settings);
  const groups = pool.groupsOf(user.sub).map(({ name }) => name);
  const common: JsonObject = {
    sub: user.sub,
    ...(groups.length > 0 ? { 'cognito:groups': groups } : {}),
    iss: issuerOf(pool.id),
    ...(canRevoke(client.settings) || isRotating(client.settings) ? { origin_jti: family.id } : {}),
    event_id: family.eventId,
    auth_time: seconds(new Date(family.authenticated)),
    iat: seconds(now),
  };
  const access: JsonObject = {
    ...common,
    client_id: client.id,
    token_use: 'access',
    scope: SELF_SCOPE,
    exp: seconds(now) + validity.access,
    jti: randomUUID(),
    username: user.username,
  };
  const id: JsonObject = {
    ...common,
    ...idAttributes(client, user),
    'cognito:username': user.username,
    aud: client.id,
    token_use: 'id',
    exp: seconds(now) + validity.id,
    jti: randomUUID(),
  };
  return {
    AccessToken: signJwt(pool.keys.signing.access, access),
    ExpiresIn: validity.access,
    TokenType: 'Bearer',
    IdToken: signJwt(pool.keys.signing.id, id),
  };
}

/** Returns the attributes that a client can read. The verified flags are booleans, all others are strings. */
function idAttributes({ settings }: ClientRecord, { attributes }: UserRecord): JsonObject {
  return Object.fromEntries(
    Object.entries(attributes)
      .filter(([name]) => canRead(settings, name))
      .map(([name, value]) => [name, name.endsWith('_verified') ? value === 'true' : value]),
  );
}

/** Starts a new token family for a user and issues its first tokens. */
export function signIn(grant: Grant): AuthenticationResult {
  const { pool, client, user, now } = grant;
  const refreshToken = newRefreshToken(user);
  const family: TokenFamily = {
    id: randomUUID(),
    eventId: randomUUID(),
    clientId: client.id,
    authenticated: now.toISOString(),
    expires: new Date(now.getTime() + tokenValidity(client.settings).refresh * 1_000).toISOString(),
    revoked: false,
    refresh: [{ hash: hashRefreshToken(refreshToken) }],
  };
  const live = user.families.filter(({ expires }) => Date.parse(expires) > now.getTime());
  pool.putUser({ ...user, failures: NO_FAILURES, families: [...live, family] });
  return { ...issueTokens(grant, family), RefreshToken: refreshToken };
}

export function withFamily(user: UserRecord, family: TokenFamily): UserRecord {
  return { ...user, families: user.families.map((one) => (one.id === family.id ? family : one)) };
}

/** Revokes all token families of a user. The user pool API then refuses their access tokens too. */
export function signedOut(user: UserRecord): UserRecord {
  return { ...user, families: user.families.map((family) => ({ ...family, revoked: true })) };
}

export interface Bearer {
  readonly pool: UserPool;
  readonly client: ClientRecord;
  readonly user: UserRecord;
}

/**
 * Verifies the access token of an operation that users call for themselves.
 *
 * @throws AwsError `NotAuthorizedException` for a token that is forged, expired, revoked or without the scope
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
