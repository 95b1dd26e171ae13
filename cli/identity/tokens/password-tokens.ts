import type { Context } from '../../context.ts';
import type { Target } from '../../settings/target.ts';
import { passwordOnly } from '../sign-in/answers.ts';
import { signIn } from '../sign-in/sign-in.ts';
import { openUserPool, poolAddressOf } from '../user-pool.ts';
import type { TokenSource } from './access-token.ts';
import { type HeldToken, lifetime, renewingSource } from './session.ts';

/** Returns a source for scripts that keeps tokens in memory and signs in again when they expire. */
export function passwordTokens(
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
        edgeHost: new URL(target.url).host,
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
