import { omitUndefined } from '../../protocol/fields.ts';
import { command } from '../command-line.ts';
import type { Context, Result } from '../context.ts';
import { isUserError, UserError } from '../errors.ts';
import { readAccessToken } from '../identity/tokens/access-token.ts';
import { findSessionToEnd, findStoredSession } from '../identity/tokens/find-session.ts';
import { forgetSession } from '../identity/tokens/forget-tokens.ts';
import { endSession } from '../identity/tokens/refresh-session.ts';
import type { OidcSession } from '../identity/tokens/session.ts';
import { environmentCredential, tokenSource, variablesOf } from '../identity/tokens/token-source.ts';
import { poolAddressOf, withUserPool } from '../identity/user-pool.ts';
import { resolveTarget, type Target } from '../settings/target.ts';

/** Ends the sign-in at its issuer, and deletes its tokens even if the issuer is unreachable. */
export async function logout(
  context: Context,
  { everywhere = false }: { readonly everywhere?: boolean } = {},
): Promise<Result> {
  const target = await resolveTarget(context);
  const result = everywhere ? await endAll(context, target) : await endThis(context, target);
  const given = environmentCredential(context);
  if (given !== undefined) {
    const text = `Commands still use ${variablesOf(given)} from the environment.`;
    context.ui.event({ type: 'warning', text });
  }
  return result;
}

async function endThis(context: Context, target: Target): Promise<Result> {
  const { url, deployment } = target;
  const found = await findSessionToEnd(context, target);
  if (found === undefined) {
    return { document: { signedOut: false, url }, text: `Nobody was signed in to ${url}.` };
  }
  const { username } = found.session;
  const revoked = await endSession(context, found, deployment);
  const other = await nextUser(context, target);
  return {
    document: { signedOut: true, username, url, revoked, ...omitUndefined({ stillSignedIn: other }) },
    text: [
      `${username} is signed out of ${url}.`,
      ...(other === undefined
        ? []
        : [
            `${other} is still signed in there, and commands use that. To sign out as well:`,
            command`edge-upload logout`,
          ]),
    ],
  };
}

/** Returns the user whose sign-in commands use now; `undefined` if there is none, or none that can be read. */
async function nextUser(context: Context, target: Target): Promise<string | undefined> {
  try {
    return (await findStoredSession(context, target))?.session.username;
  } catch (error) {
    if (!isUserError(error) || error.code === 'interrupted') throw error;
    return undefined;
  }
}

function notEverywhere({ issuer, username }: OidcSession): UserError {
  const { host } = new URL(issuer);
  return new UserError(
    'usage',
    `${username} signed in at ${host}. Only that provider can end sign-ins on other computers.`,
    {
      hint: ['Sign out at the provider. To sign out here:', command`edge-upload logout`],
    },
  );
}

/** Ends every sign-in of the user, on all computers. Fails if one cannot be ended. */
async function endAll(context: Context, target: Target): Promise<Result> {
  const found = await findSessionToEnd(context, target);
  if (found?.session.kind === 'oidc') throw notEverywhere(found.session);
  const token = await tokenSource(context, target).current();
  const { username = 'the user' } = readAccessToken(token) ?? {};
  await withUserPool(
    context,
    await poolAddressOf(context, target),
    `Signing ${username} out everywhere`,
    (pool) => pool.signOutEverywhere(token),
  );
  if (found !== undefined) await forgetSession(found.file);
  return {
    document: { signedOut: true, everywhere: true, username, url: target.url, revoked: true },
    text: [
      `${username} is signed out of ${target.url} on every computer.`,
      'Access tokens that were already issued stay valid until they expire: after one hour, or the time that the operator set.',
    ],
  };
}
