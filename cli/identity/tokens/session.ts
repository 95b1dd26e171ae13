import { type Fields, omitUndefined } from '../../../protocol/fields.ts';
import { isAlias, isClientId, isIssuer, isTokenText, regionOf } from '../../../protocol/issuer.ts';
import type { TokenSource } from './access-token.ts';

/** Lifetime of a token by this computer's clock. A wrong clock does not change its length. */
export interface Lifetime {
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

export interface HeldToken extends Lifetime {
  /** Token that is sent to the edge: the access token, or the ID token where the issuer says so. */
  readonly accessToken: string;
}

interface Session extends HeldToken {
  /** The edge's address, `https://<host>[:port]`. */
  readonly url: string;
  readonly clientId: string;
  /** Name of the user at the issuer. */
  readonly username: string;
  /** User name as typed at sign-in, such as an e-mail address. */
  readonly signedInAs: string;
  readonly signedInAt: Date;
}

/** Tokens of the deployment's user pool. */
export interface PoolSession extends Session {
  readonly kind: 'pool';
  readonly userPoolId: string;
  readonly refreshToken: string;
}

/** Tokens of another issuer, by OpenID Connect. */
export interface OidcSession extends Session {
  readonly kind: 'oidc';
  readonly issuer: string;
  /** Name of the issuer at the edge. */
  readonly alias: string;
  readonly token: 'access' | 'id';
  /** Identifies the user at the issuer. */
  readonly subject: string;
  /** Provider, such as `okta`. */
  readonly preset?: string;
  /** Of a desktop client of Google: a refresh needs it. */
  readonly clientSecretPublic?: string;
  /** Audience that the token was requested for; absent for the edge's own origin. */
  readonly audience?: string;
  /** Absent if the issuer issued none: the sign-in ends with the token. */
  readonly refreshToken?: string;
}

/** One user's tokens for one deployment, as stored on this computer. */
export type StoredSession = PoolSession | OidcSession;

function readDate(value: unknown): Date | undefined {
  const date = typeof value === 'string' ? new Date(value) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}

function readPool(session: Session, { userPoolId, refreshToken }: Fields): PoolSession | undefined {
  if (typeof userPoolId !== 'string' || regionOf(userPoolId) === undefined) return undefined;
  if (!isClientId(session.clientId) || !isTokenText(refreshToken)) return undefined;
  return { kind: 'pool', ...session, userPoolId, refreshToken };
}

function readOidc(session: Session, fields: Fields): OidcSession | undefined {
  const { issuer, alias, token, subject, preset, clientSecretPublic, audience, refreshToken } = fields;
  if (!isIssuer(issuer) || !isAlias(alias) || (token !== 'access' && token !== 'id')) return undefined;
  if (typeof subject !== 'string' || (preset !== undefined && !isAlias(preset))) return undefined;
  if (clientSecretPublic !== undefined && !isTokenText(clientSecretPublic)) return undefined;
  if (audience !== undefined && !isTokenText(audience)) return undefined;
  if (refreshToken !== undefined && !isTokenText(refreshToken)) return undefined;
  const more = omitUndefined({ preset, clientSecretPublic, audience, refreshToken });
  return { kind: 'oidc', ...session, issuer, alias, token, subject, ...more };
}

/** Reads a session. Returns `undefined` for damaged fields, or a session of another edge. */
export function readSession(fields: Fields, url: string): StoredSession | undefined {
  const { kind = 'pool', clientId, username, signedInAs, accessToken } = fields;
  const signedInAt = readDate(fields.signedInAt);
  const issuedAt = readDate(fields.issuedAt);
  const expiresAt = readDate(fields.expiresAt);
  if (fields.url !== url || signedInAt === undefined || issuedAt === undefined || expiresAt === undefined)
    return undefined;
  if (typeof username !== 'string' || typeof signedInAs !== 'string') return undefined;
  if (!isTokenText(clientId) || !isTokenText(accessToken)) return undefined;
  const session = { url, clientId, username, signedInAs, signedInAt, accessToken, issuedAt, expiresAt };
  if (kind === 'pool') return readPool(session, fields);
  return kind === 'oidc' ? readOidc(session, fields) : undefined;
}

/** Returns the lifetime of a token that was requested at `issuedAt`. */
export function lifetime(issuedAt: Date, expiresInSeconds: number): Lifetime {
  return { issuedAt, expiresAt: new Date(issuedAt.getTime() + expiresInSeconds * 1000) };
}

const AHEAD_MS = 60_000;

/** Returns true in the last minute of a token, or in the last tenth of a lifetime under ten minutes. */
function isExpiring({ issuedAt, expiresAt }: Lifetime, now: Date): boolean {
  const ahead = Math.min(AHEAD_MS, (expiresAt.getTime() - issuedAt.getTime()) / 10);
  return now.getTime() >= expiresAt.getTime() - ahead;
}

/** Returns true if a token was not rejected and is not about to expire. */
export function isUsable(token: HeldToken, now: Date, rejected?: string): boolean {
  return token.accessToken !== rejected && !isExpiring(token, now);
}

/**
 * Returns a source that keeps its token in memory. Concurrent requests share one run of `obtain`.
 * @param obtain returns a token other than the one that the edge rejected, for `reason`
 */
export function renewingSource(
  obtain: (rejected?: string, reason?: string) => Promise<HeldToken>,
  now: () => Date,
): TokenSource {
  let held: HeldToken | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  const get = async (rejected?: string, reason?: string): Promise<string> => {
    if (held === undefined || !isUsable(held, now(), rejected)) held = await obtain(rejected, reason);
    return held.accessToken;
  };
  const inTurn = (rejected?: string, reason?: string): Promise<string> => {
    const mine = last.then(() => get(rejected, reason));
    waiting += 1;
    last = mine
      .catch(() => {})
      .finally(() => {
        waiting -= 1;
      });
    return mine;
  };
  return {
    current: () => inTurn(),
    held() {
      const isCurrent = waiting === 0 && held !== undefined && isUsable(held, now());
      return isCurrent ? held?.accessToken : undefined;
    },
    renew: inTurn,
  };
}
