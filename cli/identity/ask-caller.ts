import type { Context } from '../context.ts';
import type { Target } from '../settings/target.ts';
import { discoverCaller, TokenRefused } from './discovery.ts';
import type { TokenSource } from './tokens.ts';

/**
 * Asks the edge whom it takes the token for, as a request of `put` would: once more with a renewed token where it refuses
 * the first.
 * @throws {UserError} where the edge refuses the token that cannot be renewed, with what to do about a token of that kind
 */
export async function askCaller(context: Context, target: Target, tokens: TokenSource) {
  const ask = async (token: string) => ({
    token,
    ...(await discoverCaller(context, { ...target, token })),
  });
  const token = await tokens.current();
  try {
    return await ask(token);
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
    return ask(await tokens.renew(token, error.reason));
  }
}
