import { equal } from '../../secrets.ts';
import { AwsError } from '../../wire/errors.ts';
import { notAuthorized, userDisabled } from '../errors.ts';
import { isRotating } from '../resources/client-properties.ts';
import type { ClientRecord, RefreshTokenRecord, TokenFamily, UserRecord } from '../store/model.ts';
import type { UserPool } from '../store/pool.ts';
import type { SignInAttempt } from './sign-in-attempt.ts';
import {
  type AuthenticationResult,
  hashRefreshToken,
  issueTokens,
  newRefreshToken,
  refreshTokenOwner,
  withFamily,
} from './tokens.ts';

export interface Refreshable {
  readonly user: UserRecord;
  readonly family: TokenFamily;
  readonly token: RefreshTokenRecord;
}

/** Finds a refresh token that was issued to this client, expired and revoked ones included. */
export function findRefreshToken(
  pool: UserPool,
  client: ClientRecord,
  text: string,
): Refreshable | undefined {
  const user = pool.user(refreshTokenOwner(text));
  const hash = hashRefreshToken(text);
  for (const family of user?.families ?? []) {
    const token = family.refresh.find((one) => equal(one.hash, hash));
    if (user && token && family.clientId === client.id) return { user, family, token };
  }
  return undefined;
}

function checkRotation({ pool, client, now }: SignInAttempt, { user, family, token }: Refreshable): void {
  if (token.rotated === undefined) return;
  const grace = (client.settings.RefreshTokenRotation?.RetryGracePeriodSeconds ?? 0) * 1_000;
  if (now.getTime() < Date.parse(token.rotated) + grace) return;
  pool.putUser(withFamily(user, { ...family, revoked: true }));
  throw new AwsError('RefreshTokenReuseException', 'Refresh token has been invalidated by rotation');
}

/**
 * Returns new tokens for a refresh token. With rotation they include a new refresh token, which expires when the first
 * one would. The old one is accepted during the grace period; using it later revokes the whole family.
 */
export function refresh(
  attempt: SignInAttempt,
  text: string,
  checkClient: (names: readonly string[]) => void,
): AuthenticationResult {
  const { pool, client, now } = attempt;
  const found = findRefreshToken(pool, client, text);
  if (!found) throw notAuthorized('Invalid Refresh Token');
  const { user, family, token } = found;
  checkClient([user.username, user.sub]);
  if (family.revoked) throw notAuthorized('Refresh Token has been revoked');
  if (now.getTime() >= Date.parse(family.expires)) throw notAuthorized('Refresh Token has expired');
  if (!user.enabled) throw userDisabled();
  checkRotation(attempt, found);
  const result = issueTokens({ pool, client, user, now }, family);
  if (!isRotating(client.settings)) return result;
  const next = newRefreshToken(user);
  const rotated = family.refresh.map((one) =>
    one.hash === token.hash ? { ...one, rotated: one.rotated ?? now.toISOString() } : one,
  );
  pool.putUser(withFamily(user, { ...family, refresh: [...rotated, { hash: hashRefreshToken(next) }] }));
  return { ...result, RefreshToken: next };
}
