import type { Context, Result } from '../context.ts';
import { expiryOf } from '../identity/tokens/access-token.ts';
import { originName, tokenSource } from '../identity/tokens/token-source.ts';
import { resolveTarget } from '../settings/target.ts';

/** Prints a fresh access token to stdout, for other tools. */
export async function token(context: Context, _args: object): Promise<Result> {
  const target = await resolveTarget(context);
  const tokens = tokenSource(context, target);
  const accessToken = await tokens.current();
  const origin = originName(await tokens.origin());
  context.sent.mayBePrinted(accessToken);
  const expiresAt = expiryOf(accessToken)?.toISOString();
  return { document: { token: accessToken, origin, expiresAt }, text: accessToken };
}
