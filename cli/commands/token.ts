import type { Context, Result } from '../context.ts';
import { expiryOf } from '../identity/tokens/access-token.ts';
import { tokenSource } from '../identity/tokens/token-source.ts';
import { resolveTarget } from '../settings/target.ts';

/** Prints a fresh access token to stdout, for other tools. */
export async function token(context: Context, _args: object): Promise<Result> {
  const target = await resolveTarget(context);
  const accessToken = await tokenSource(context, target).current();
  const expiresAt = expiryOf(accessToken)?.toISOString();
  return { document: { token: accessToken, expiresAt }, text: accessToken };
}
