import { refreshTokenGrant, tokenRevocation } from 'openid-client';
import { omitUndefined } from '../../../protocol/fields.ts';
import type { Context } from '../../context.ts';
import { isUserError, UserError } from '../../errors.ts';
import type { LocalCloud } from '../../settings/deployments.ts';
import { loginCommand } from '../sign-in/username.ts';
import type { OidcSession } from '../tokens/session.ts';
import type { Tokens } from '../user-pool.ts';
import { audienceParameters } from './authorization-request.ts';
import { readGranted } from './granted-tokens.ts';
import { openProvider } from './provider.ts';
import { withProviderErrors } from './provider-failures.ts';

type RefreshContext = Pick<Context, 'env' | 'now' | 'sent'>;

/** Ctrl-C does not cancel a refresh, which could lose a rotated token. */
const never = () => new AbortController().signal;

function ended({ url, username, alias }: OidcSession, why: string, cause?: unknown): UserError {
  return new UserError(
    'not_signed_in',
    `${username} is no longer signed in to ${new URL(url).host}: ${why}.`,
    {
      hint: ['Sign in again:', loginCommand(url, '--issuer', alias)],
      cause,
    },
  );
}

/**
 * Refreshes the tokens of a session.
 * @throws {UserError} `not_signed_in` if the provider ended the sign-in, or issued no refresh token
 */
export async function refreshOidc(
  context: RefreshContext,
  session: OidcSession,
  local?: LocalCloud,
): Promise<Tokens> {
  const { url, issuer, clientId, token, refreshToken, audience, subject, preset } = session;
  const { host } = new URL(issuer);
  if (refreshToken === undefined)
    throw ended(session, `the token has expired, and ${host} issued no refresh token`);
  const provider = await openProvider(context, session, { local, signal: never() });
  try {
    const { config } = provider;
    const parameters = audienceParameters({ token, ...omitUndefined({ preset }) }, audience ?? url);
    const answer = await withProviderErrors(provider, `Renewing the sign-in at ${host}`, () =>
      refreshTokenGrant(config, refreshToken, parameters),
    );
    const wanted = { url, host, issuer, clientId, token, ...omitUndefined({ audience }) };
    const granted = readGranted(answer, wanted, context.now());
    if (granted.subject !== subject) throw ended(session, `${host} returned tokens of another user`);
    return granted;
  } catch (error) {
    // A refresh token that was revoked, used twice or has expired.
    const refused = isUserError(error) && error.code === 'sign_in_refused';
    throw refused ? ended(session, error.message.replace(/\.$/, ''), error) : error;
  } finally {
    await provider.close();
  }
}

/**
 * Revokes the refresh token of a session at its provider: https://www.rfc-editor.org/rfc/rfc7009
 * @returns why it was not revoked, as a sentence; `undefined` if it was
 */
export async function revokeOidc(
  context: Pick<Context, 'env' | 'signal' | 'sent'>,
  session: OidcSession,
  local?: LocalCloud,
): Promise<string | undefined> {
  const { issuer, refreshToken } = session;
  const { host } = new URL(issuer);
  if (refreshToken === undefined) return `${host} issued no refresh token: there is nothing to revoke.`;
  const provider = await openProvider(context, session, { local, signal: context.signal });
  try {
    const { config } = provider;
    if (config.serverMetadata().revocation_endpoint === undefined) return `${host} cannot revoke tokens.`;
    await withProviderErrors(provider, 'Revoking the sign-in', () =>
      tokenRevocation(config, refreshToken, { token_type_hint: 'refresh_token' }),
    );
    return undefined;
  } finally {
    await provider.close();
  }
}
