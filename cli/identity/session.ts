import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { Target } from '../settings/target.ts';
import { passwordOnly } from './answers.ts';
import { lifetime } from './expiry.ts';
import { keptTokens } from './kept-tokens.ts';
import { poolAddressOf } from './pool-address.ts';
import { type HeldToken, renewingSource } from './renewing.ts';
import { signIn } from './sign-in.ts';
import type { TokenSource } from './tokens.ts';
import { openUserPool } from './user-pool.ts';

/** Where a command's token comes from. */
export type TokenOrigin =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  | { readonly kind: 'kept' };

/** EDGE_UPLOAD_TOKEN, else EDGE_UPLOAD_USERNAME with EDGE_UPLOAD_PASSWORD, else what `login` kept. */
export function tokenOrigin({ env }: Pick<Context, 'env'>): TokenOrigin {
  const { EDGE_UPLOAD_TOKEN: token, EDGE_UPLOAD_USERNAME: username, EDGE_UPLOAD_PASSWORD: password } = env;
  if (token) return { kind: 'token', token: token.trim() };
  if (username && password) return { kind: 'password', username, password };
  return { kind: 'kept' };
}

/** The access tokens for an edge. Nothing is looked up or asked before the first is wanted. */
export function tokenSource(context: Context, target: Target): TokenSource {
  const origin = tokenOrigin(context);
  if (origin.kind === 'token') return givenToken(origin.token);
  if (origin.kind === 'password') return passwordTokens(context, target, origin);
  return keptTokens(context, target);
}

/** A token from the environment: neither kept nor refreshed. */
function givenToken(token: string): TokenSource {
  return {
    async current() {
      if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return token;
      throw new UserError('usage', 'EDGE_UPLOAD_TOKEN holds no access token.', {
        hint: 'Set it to what edge-upload token prints, or unset it.',
      });
    },
    async renew() {
      throw new UserError(
        'token_refused',
        'The edge does not accept the token in EDGE_UPLOAD_TOKEN; it may have expired.',
        {
          hint: 'Set it to a fresh one (edge-upload token prints one), or unset it.',
        },
      );
    },
  };
}

/** Tokens that live in memory alone, for scripts; when they run out, the password gets new ones. */
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
