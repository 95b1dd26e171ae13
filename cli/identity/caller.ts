import type { UploadPolicy } from '../../edge/config.ts';
import { POOL_ALIAS } from '../../protocol/issuer.ts';
import type { Context } from '../context.ts';
import { isUserError } from '../errors.ts';
import type { Target } from '../settings/target.ts';
import { formatLimit } from '../ui/format.ts';
import { discoverCaller, TokenRefused } from './discovery.ts';
import type { Caller } from './edge-description.ts';
import type { TokenSource } from './tokens/access-token.ts';

/**
 * Asks the edge for the user of the token. As in `put`, a refused token is renewed once.
 * @throws {UserError} if the edge refuses the token and it cannot be renewed
 */
export async function askCaller(context: Context, target: Target, tokens: TokenSource) {
  const ask = async (token: string) => ({
    token,
    ...(await discoverCaller(context, { ...target, token })),
  });
  try {
    const token = await tokens.current();
    try {
      return await ask(token);
    } catch (error) {
      if (!(error instanceof TokenRefused)) throw error;
      return await ask(await tokens.renew(token, error.reason));
    }
  } catch (error) {
    throw isUserError(error) ? (tokens.explain?.(error) ?? error) : error;
  }
}

/** Returns the suffix for a list that the edge shortened, such as ` and 12 more`. */
function more(omitted: number | undefined): string {
  return omitted ? ` and ${omitted.toLocaleString('en-US')} more` : '';
}

/** Returns the names of the caller's groups; empty for a caller without groups. */
export function groupsText({ groups, omitted }: Caller): string {
  return groups.join(', ') + more(omitted?.groups);
}

/** Returns what a caller has permission to write. The edge itself decides at each upload. */
export function writingText(
  { maxSize = Number.POSITIVE_INFINITY, allowGroups = [] }: UploadPolicy,
  { writeTo, key, omitted, issuer, maxSize: ofRule = maxSize, noClobber }: Caller,
): string {
  if (writeTo.length === 0) {
    if (issuer !== undefined && issuer !== POOL_ALIAS)
      return `nothing; no rule of ${issuer} allows an upload`;
    const who = allowGroups.length === 0 ? 'members of a group' : `members of ${allowGroups.join(', ')}`;
    return `nothing; only ${who} are allowed to upload`;
  }
  const most = Math.min(maxSize, ofRule);
  const size = most === Number.POSITIVE_INFINITY ? '' : `, up to ${formatLimit(most)} each`;
  const limits = `${size}${noClobber ? ', without overwriting' : ''}`;
  if (key !== undefined) return `the key ${key} alone${limits}`;
  if (writeTo.includes('')) return `any key${limits}`;
  return `keys that begin with ${writeTo.join(' or ')}${more(omitted?.writeTo)}${limits}`;
}
