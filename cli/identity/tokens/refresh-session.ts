import { omitUndefined } from '../../../protocol/fields.ts';
import { regionOf } from '../../../protocol/issuer.ts';
import type { Context } from '../../context.ts';
import { isUserError, UserError } from '../../errors.ts';
import type { Deployment } from '../../settings/deployments.ts';
import { withLock } from '../../settings/lock.ts';
import type { Target } from '../../settings/target.ts';
import { awsErrorName, cognitoFailure, wordsOf } from '../cognito-errors.ts';
import { loginCommand } from '../sign-in/username.ts';
import { openUserPool, type PoolAddress, type Tokens, withUserPool } from '../user-pool.ts';
import { forgetSession, LOCK_WAIT_MS } from './forget-tokens.ts';
import { isUsable, lifetime, type PoolSession, type StoredSession } from './session.ts';
import { type FoundSession, notSignedIn, readLocked, replaceSession } from './token-store.ts';

/** Errors of a refresh after which only a new sign-in helps. */
const SIGNED_OUT = new Set([
  'NotAuthorizedException',
  'RefreshTokenReuseException',
  'UserNotFoundException',
  'UserNotConfirmedException',
  'PasswordResetRequiredException',
  'ResourceNotFoundException',
]);

/** Returns the address of the session's pool. */
function poolAddress({ url, userPoolId, clientId }: PoolSession, deployment?: Deployment): PoolAddress {
  const region = regionOf(userPoolId);
  if (region === undefined) throw new RangeError('The id of a stored pool was checked when it was read.');
  return { url, region, userPoolId, clientId, ...omitUndefined({ local: deployment?.local }) };
}

/**
 * Returns a stored sign-in with tokens that are refreshed under its lock, unless another process has refreshed them.
 * @throws {UserError} `not_signed_in` if another process signed out, or the issuer ended the sign-in
 */
export async function renewStored(
  context: Context,
  { url, deployment }: Target,
  file: string,
  rejected?: string,
): Promise<StoredSession> {
  const { now, signal } = context;
  const renew = async (): Promise<StoredSession> => {
    const found = await readLocked(context, file, url);
    if (found === undefined) throw notSignedIn(url);
    const { session } = found;
    if (isUsable(session, now(), rejected)) return session;
    const asked = now();
    const { accessToken, expiresIn, refreshToken } = await refresh(context, session, deployment);
    const renewed = {
      ...session,
      accessToken,
      ...lifetime(asked, expiresIn),
      ...omitUndefined({ refreshToken }),
    };
    await storeRenewed(context, found, renewed);
    return renewed;
  };
  return withLock(file, renew, { waitMs: LOCK_WAIT_MS, signal, orWithout: true });
}

/** Stores renewed tokens. If that fails, warns, and the command uses them all the same. */
async function storeRenewed({ ui }: Context, found: FoundSession, renewed: StoredSession): Promise<void> {
  try {
    await replaceSession(found, renewed);
  } catch (error) {
    if (!isUserError(error)) throw error;
    const rotated = renewed.refreshToken !== found.session.refreshToken;
    const consequence = rotated ? ' Afterwards sign in again.' : '';
    const text = `The renewed tokens cannot be stored; only this command uses them. ${error.message}${consequence}`;
    ui.event({ type: 'warning', text });
  }
}

/** Requests tokens for a stored sign-in from its issuer. */
async function refresh(context: Context, session: StoredSession, deployment?: Deployment): Promise<Tokens> {
  const { username } = session;
  const host = session.kind === 'oidc' ? new URL(session.issuer).host : session.userPoolId;
  context.ui.event({ type: 'debug', text: `refreshing the tokens of ${username} at ${host}` });
  if (session.kind === 'pool') return refreshInPool(context, session, deployment);
  const { refreshOidc } = await import('../oidc/refresh-oidc.ts');
  return refreshOidc(context, session, deployment?.local);
}

async function refreshInPool(
  context: Context,
  session: PoolSession,
  deployment?: Deployment,
): Promise<Tokens> {
  const { url, username, refreshToken } = session;
  const pool = await openUserPool(context, poolAddress(session, deployment));
  try {
    return await pool.refresh(refreshToken);
  } catch (error) {
    if (error instanceof Error && SIGNED_OUT.has(awsErrorName(error) ?? '')) {
      const reason = wordsOf(error);
      throw new UserError(
        'not_signed_in',
        `${username} is no longer signed in to ${new URL(url).host}: ${reason}.`,
        {
          hint: ['Sign in again:', loginCommand(url, '--username', username)],
          cause: error,
        },
      );
    }
    throw cognitoFailure(error, 'Renewing the sign-in', pool.host);
  } finally {
    pool.close();
  }
}

/**
 * Revokes a sign-in where it was made, and deletes its tokens. Under their lock: between the two, a refresh by another
 * process would get tokens that are neither revoked nor stored.
 * @returns whether it was revoked; if not, a warning says why
 * @throws {UserError} `disk` if the tokens cannot be deleted, even if the sign-in is revoked
 */
export async function endSession(
  context: Context,
  found: FoundSession,
  deployment?: Deployment,
): Promise<boolean> {
  let revoked = false;
  const revoke = async () => {
    const { session } = (await readLocked(context, found.file, found.session.url)) ?? found;
    revoked = await revokeOrWarn(context, session, deployment);
  };
  try {
    await forgetSession(found.file, revoke, context.signal);
  } catch (error) {
    if (!revoked || !isUserError(error) || error.code !== 'disk') throw error;
    const { hintLines: hint } = error;
    throw new UserError('disk', `The sign-in is revoked. ${error.message}`, { hint, cause: error });
  }
  return revoked;
}

/** Revokes a sign-in where it was made. Warns and returns false if that fails. */
async function revokeOrWarn(
  context: Context,
  session: StoredSession,
  deployment?: Deployment,
): Promise<boolean> {
  const warn = (why: string): false => {
    const issuer = session.kind === 'oidc' ? new URL(session.issuer).host : 'Cognito';
    const text = `${why} The tokens are deleted here, but ${issuer} accepts them until they expire.`;
    context.ui.event({ type: 'warning', text });
    return false;
  };
  try {
    const why = await revokeSession(context, session, deployment);
    return why === undefined ? true : warn(why);
  } catch (error) {
    if (!isUserError(error)) throw error;
    return warn(error.message);
  }
}

/** Revokes a stored sign-in at its issuer. Returns why it was not revoked; `undefined` if it was. */
async function revokeSession(
  context: Context,
  session: StoredSession,
  deployment?: Deployment,
): Promise<string | undefined> {
  if (session.kind === 'oidc') {
    const { revokeOidc } = await import('../oidc/refresh-oidc.ts');
    return revokeOidc(context, session, deployment?.local);
  }
  await withUserPool(context, poolAddress(session, deployment), 'Revoking the sign-in', (pool) =>
    pool.revoke(session.refreshToken),
  );
  return undefined;
}
