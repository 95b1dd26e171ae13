import type { Context } from '../../context.ts';
import type { Target } from '../../settings/target.ts';
import { passwordOnly } from '../sign-in/answers.ts';
import { signIn } from '../sign-in/sign-in.ts';
import { openUserPool, poolAddressOf } from '../user-pool.ts';
import type { TokenSource } from './access-token.ts';
import { credentialFor, type EnvironmentCredential } from './environment.ts';
import { givenToken, tokenOfFile } from './given-tokens.ts';
import { type HeldToken, lifetime, renewingSource } from './renewing-source.ts';
import { keptTokens } from './stored-tokens.ts';

/** Origin of a command's token. */
export type TokenOrigin = EnvironmentCredential | { readonly kind: 'kept' };

/** Returns the environment's credential if it is for this edge, otherwise the stored sign-in. */
export async function tokenOrigin(context: Context, { url }: Target): Promise<TokenOrigin> {
  return (await credentialFor(context, url)) ?? { kind: 'kept' };
}

/**
 * Returns the access tokens for an edge. The first use looks the credential up. A credential of the
 * environment is for one edge; others get the stored sign-in, if there is one.
 */
export function tokenSource(context: Context, target: Target): TokenSource {
  let opened: Promise<TokenSource> | undefined;
  const open = async (): Promise<TokenSource> => {
    const origin = await tokenOrigin(context, target);
    if (origin.kind === 'token') return givenToken(origin.token);
    if (origin.kind === 'file') return tokenOfFile(context, origin.path);
    if (origin.kind === 'password') return passwordTokens(context, target, origin);
    return keptTokens(context, target);
  };
  const source = () => {
    opened ??= open();
    return opened;
  };
  return {
    current: async () => (await source()).current(),
    renew: async (rejected, reason) => (await source()).renew(rejected, reason),
  };
}

/** Returns a source for scripts that keeps tokens in memory and signs in again when they expire. */
function passwordTokens(
  context: Context,
  target: Target,
  { username, password }: { readonly username: string; readonly password: string },
): TokenSource {
  const { now } = context;
  const answers = passwordOnly(password);
  const obtain = async (): Promise<HeldToken> => {
    const pool = await openUserPool(context, await poolAddressOf(context, target));
    try {
      const asked = now();
      const { accessToken, expiresIn } = await signIn({
        pool,
        username,
        place: new URL(target.url).host,
        answers,
        now,
      });
      return { accessToken, ...lifetime(asked, expiresIn) };
    } finally {
      pool.close();
    }
  };
  return renewingSource(obtain, now);
}
