import type { Context } from '../context.ts';
import { isUserError } from '../errors.ts';
import type { Deployment } from '../settings/deployments.ts';
import { poolAddress } from './kept-tokens.ts';
import type { StoredSession } from './token-store.ts';
import { withUserPool } from './with-user-pool.ts';

/** Ends a sign-in with Cognito; where that cannot be done, says so and gives false. */
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
      text: `${error.message} The tokens are forgotten here, but Cognito still takes them until they expire.`,
    });
    return false;
  }
}
