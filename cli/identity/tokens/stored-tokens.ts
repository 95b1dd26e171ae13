import { omitUndefined } from '../../../protocol/fields.ts';
import type { Context } from '../../context.ts';
import { isUserError, UserError } from '../../errors.ts';
import type { Deployment } from '../../settings/deployments.ts';
import { withLock } from '../../settings/lock.ts';
import type { Target } from '../../settings/target.ts';
import { checkedUsername, loginCommand } from '../sign-in/username.ts';
import { expiryOf, type TokenSource } from './access-token.ts';
import { isUsable, lifetime, renewingSource } from './renewing-source.ts';
import type { StoredSession } from './stored-session.ts';
import {
  type FoundSession,
  findSessions,
  forgetSession,
  LOCK_WAIT_MS,
  readLocked,
  replaceSession,
} from './token-store.ts';

function notSignedIn(url: string): UserError {
  return new UserError('not_signed_in', `Nobody is signed in to ${new URL(url).host}.`, {
    hint: ['Sign in with:', loginCommand(url)],
  });
}

/** Returns the session of EDGE_UPLOAD_USERNAME, otherwise of the user who signed in last. */
export async function findStoredSession(
  context: Context,
  { url, deployment }: Target,
): Promise<FoundSession | undefined> {
  const given = context.env.EDGE_UPLOAD_USERNAME;
  const wanted = given ? checkedUsername(given, 'EDGE_UPLOAD_USERNAME') : undefined;
  const found = await findSessions(context, url);
  const isWanted = ({ username, signedInAs }: StoredSession) =>
    wanted === undefined || username === wanted || signedInAs === wanted;
  return found.find(({ session }) => isWanted(session) && isFor(session, deployment));
}

/** Returns false for tokens of an earlier pool of the deployment. */
function isFor(session: StoredSession, deployment: Deployment | undefined): boolean {
  if (deployment === undefined || session.kind === 'oidc') return true;
  return deployment.userPoolId === session.userPoolId && deployment.clientId === session.clientId;
}

/** Returns the source of the stored tokens. The first process that finds them about to expire refreshes them. */
export function storedTokens(context: Context, target: Target): TokenSource {
  const { url, deployment } = target;
  const { now, signal } = context;
  /** The sign-in that `endsAt` found, for the first token: reading it asks the keyring. */
  let seen: FoundSession | undefined;

  const obtain = async (rejected?: string): Promise<StoredSession> => {
    const found = seen ?? (await findStoredSession(context, target));
    seen = undefined;
    if (found === undefined) throw notSignedIn(url);
    if (isUsable(found.session, now(), rejected)) return found.session;
    const renew = () => renewLocked(found.file, rejected);
    return withLock(found.file, renew, { waitMs: LOCK_WAIT_MS, signal, orWithout: true });
  };

  const renewLocked = async (path: string, rejected?: string): Promise<StoredSession> => {
    // Another process may have refreshed the tokens or signed out during the wait for the lock.
    const found = await readLocked(context, path, url);
    if (found === undefined) throw notSignedIn(url);
    const { session } = found;
    if (isUsable(session, now(), rejected)) return session;
    const { refreshSession } = await import('./refresh-session.ts');
    const asked = now();
    const { accessToken, expiresIn, refreshToken } = await refreshSession(context, session, deployment);
    const renewed = {
      ...session,
      accessToken,
      ...lifetime(asked, expiresIn),
      ...omitUndefined({ refreshToken }),
    };
    await storeRenewed(context, found, renewed);
    return renewed;
  };

  return {
    ...renewingSource(obtain, now),
    async endsAt() {
      seen = await findStoredSession(context, target);
      if (seen === undefined || seen.session.refreshToken !== undefined) return undefined;
      return expiryOf(seen.session.accessToken);
    },
  };
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
  const { revokeSession } = await import('./refresh-session.ts');
  try {
    const why = await revokeSession(context, session, deployment);
    return why === undefined ? true : warn(why);
  } catch (error) {
    if (!isUserError(error)) throw error;
    return warn(error.message);
  }
}
