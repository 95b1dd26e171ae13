import { omitUndefined } from '../../../protocol/omit-undefined.ts';
import type { Context } from '../../context.ts';
import { isUserError, UserError } from '../../errors.ts';
import type { Deployment } from '../../settings/deployments.ts';
import { withLock } from '../../settings/lock.ts';
import type { Target } from '../../settings/target.ts';
import { awsErrorName, cognitoFailure, wordsOf } from '../cognito-errors.ts';
import { regionOf } from '../edge-description.ts';
import { checkedUsername, loginCommand } from '../sign-in/username.ts';
import { openUserPool, type PoolAddress, type Tokens, withUserPool } from '../user-pool.ts';
import type { TokenSource } from './access-token.ts';
import { isUsable, lifetime, renewingSource } from './renewing-source.ts';
import type { StoredSession } from './stored-session.ts';
import { type FoundSession, findSessions, readLocked, replaceSession } from './token-store.ts';

/** Longer than a refresh with all its retries. */
const LOCK_WAIT_MS = 180_000;

/** Errors of a refresh after which only a new sign-in helps. */
const SIGNED_OUT = new Set([
  'NotAuthorizedException',
  'RefreshTokenReuseException',
  'UserNotFoundException',
  'UserNotConfirmedException',
  'PasswordResetRequiredException',
  'ResourceNotFoundException',
]);

function notSignedIn(url: string): UserError {
  return new UserError('not_signed_in', `Nobody is signed in to ${new URL(url).host}.`, {
    hint: `Sign in with: ${loginCommand(url)}`,
  });
}

/** Returns the session of EDGE_UPLOAD_USERNAME, otherwise of the user who signed in last. */
export async function findKept(
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
function isFor({ userPoolId, clientId }: StoredSession, deployment: Deployment | undefined): boolean {
  return (
    deployment === undefined || (deployment.userPoolId === userPoolId && deployment.clientId === clientId)
  );
}

/** Returns the address of the session's pool. */
function poolAddress({ url, userPoolId, clientId }: StoredSession, deployment?: Deployment): PoolAddress {
  const region = regionOf(userPoolId);
  if (region === undefined) throw new RangeError('The id of a kept pool was checked when it was read.');
  return { url, region, userPoolId, clientId, ...omitUndefined({ local: deployment?.local }) };
}

/** Returns the source of the stored tokens. The first process that finds them about to expire refreshes them. */
export function keptTokens(context: Context, target: Target): TokenSource {
  const { url, deployment } = target;
  const { now, signal } = context;

  const obtain = async (rejected?: string): Promise<StoredSession> => {
    const found = await findKept(context, target);
    if (found === undefined) throw notSignedIn(url);
    if (isUsable(found.session, now(), rejected)) return found.session;
    return withLock(found.file, () => renewLocked(found.file, rejected), { waitMs: LOCK_WAIT_MS, signal });
  };

  const renewLocked = async (path: string, rejected?: string): Promise<StoredSession> => {
    // Another process may have refreshed the tokens or signed out during the wait for the lock.
    const found = await readLocked(context, path, url);
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
    await keepRenewed(context, found, renewed);
    return renewed;
  };

  return renewingSource(obtain, now);
}

/** Stores renewed tokens. If that fails, warns, and the command uses them all the same. */
async function keepRenewed({ ui }: Context, found: FoundSession, renewed: StoredSession): Promise<void> {
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

async function refresh(context: Context, session: StoredSession, deployment?: Deployment): Promise<Tokens> {
  const { url, username, refreshToken } = session;
  const pool = await openUserPool(context, poolAddress(session, deployment));
  try {
    context.ui.event({ type: 'debug', text: `refreshing the tokens of ${username} at ${pool.host}` });
    return await pool.refresh(refreshToken);
  } catch (error) {
    if (error instanceof Error && SIGNED_OUT.has(awsErrorName(error) ?? '')) {
      const reason = wordsOf(error);
      throw new UserError(
        'not_signed_in',
        `${username} is no longer signed in to ${new URL(url).host}: ${reason}.`,
        {
          hint: `Sign in again: ${loginCommand(url, username)}`,
          cause: error,
        },
      );
    }
    throw cognitoFailure(error, 'Renewing the sign-in', pool.host);
  } finally {
    pool.close();
  }
}

/** Revokes a sign-in in Cognito. Warns and returns false if that fails. */
export async function revokeSession(
  context: Context,
  session: StoredSession,
  deployment?: Deployment,
): Promise<boolean> {
  try {
    await withUserPool(context, poolAddress(session, deployment), 'Revoking the sign-in', (pool) =>
      pool.revoke(session.refreshToken),
    );
    return true;
  } catch (error) {
    if (!isUserError(error)) throw error;
    context.ui.event({
      type: 'warning',
      text: `${error.message} The tokens are deleted here, but Cognito accepts them until they expire.`,
    });
    return false;
  }
}
