import type { UploadPolicy } from '../../edge/config.ts';
import type { Context } from '../context.ts';
import type { Target } from '../settings/target.ts';
import { formatLimit } from '../ui/format.ts';
import { discoverCaller, TokenRefused } from './discovery.ts';
import type { Caller } from './edge-description.ts';
import type { TokenSource } from './tokens/access-token.ts';

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

/** What a caller may write, in words; the edge itself decides at each upload. */
export function writingText({ maxSize, allowGroups = [] }: UploadPolicy, { writeTo }: Caller): string {
  if (writeTo.length === 0) {
    const who = allowGroups.length === 0 ? 'members of a group' : `members of ${allowGroups.join(', ')}`;
    return `nothing; only ${who} are allowed to upload`;
  }
  const size = maxSize === undefined ? '' : `, up to ${formatLimit(maxSize)} each`;
  return writeTo.includes('') ? `any key${size}` : `keys that begin with ${writeTo.join(' or ')}${size}`;
}
