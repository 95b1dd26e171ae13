import type { Context, Result } from '../context.ts';
import { cognitoFailure } from '../identity/cognito-errors.ts';
import { findKept, poolAddress } from '../identity/kept-tokens.ts';
import { tokenOrigin } from '../identity/session.ts';
import { forgetSession, type StoredSession } from '../identity/token-store.ts';
import { openUserPool } from '../identity/user-pool.ts';
import { resolveTarget, type Target } from '../settings/target.ts';

/** Ends the sign-in with Cognito, and forgets its tokens whether or not that could be done. */
export async function logout(context: Context, _args: Readonly<Record<string, never>>): Promise<Result> {
  const target = await resolveTarget(context);
  const found = await findKept(context, target);
  if (tokenOrigin(context).kind !== 'kept') {
    const text =
      'EDGE_UPLOAD_TOKEN, or user name and password, are set in the environment and go on being used.';
    context.ui.event({ type: 'warning', text });
  }
  if (found === undefined) {
    return {
      document: { signedOut: false, url: target.url },
      text: `Nobody was signed in to ${target.url}.`,
    };
  }
  const { username } = found.session;
  const revoked = await revoke(context, target, found.session);
  await forgetSession(found.file);
  return {
    document: { signedOut: true, username, url: target.url, revoked },
    text: `${username} is signed out of ${target.url}.`,
  };
}

async function revoke(context: Context, { deployment }: Target, session: StoredSession): Promise<boolean> {
  const pool = await openUserPool(context, poolAddress(session, deployment));
  try {
    await pool.revoke(session.refreshToken);
    return true;
  } catch (error) {
    const { message } = cognitoFailure(error, 'Revoking the sign-in', pool.host);
    context.ui.event({
      type: 'warning',
      text: `${message} The tokens are forgotten here, but Cognito still takes them until they expire.`,
    });
    return false;
  } finally {
    pool.close();
  }
}
