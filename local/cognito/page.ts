import { omitUndefined } from '../../protocol/omit-undefined.ts';
import type { JsonObject } from '../json.ts';
import { integer, optional } from '../shape.ts';
import { invalidParameter } from './errors.ts';
import { pageToken } from './fields.ts';

/** One page of a list. The token says where the next begins, so that records that come and go do not shift it. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | undefined;
}

interface Request<T> {
  readonly keyOf: (item: T) => string;
  readonly limit: number | undefined;
  readonly token: string | undefined;
}

/** The API's own page size where the caller gives none, or 0. */
const DEFAULT_LIMIT = 60;

/** Cuts a page out of a list in the order of its keys. Throws InvalidParameterException for a token that is not ours. */
export function paginate<T>(all: readonly T[], { keyOf, limit, token }: Request<T>): Page<T> {
  const sorted = [...all].sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
  const after = token === undefined ? undefined : Buffer.from(token, 'base64url').toString('utf8');
  if (after !== undefined && Buffer.from(after).toString('base64url') !== token) {
    throw invalidParameter('Invalid pagination token');
  }
  const rest = after === undefined ? sorted : sorted.filter((item) => keyOf(item) > after);
  const items = rest.slice(0, limit || DEFAULT_LIMIT);
  const last = items.at(-1);
  const more = last !== undefined && rest.length > items.length;
  return { items, next: more ? Buffer.from(keyOf(last)).toString('base64url') : undefined };
}

/** The members by which most lists are asked for page by page. */
export const paging = { Limit: optional(integer({ min: 0, max: 60 })), NextToken: optional(pageToken) };

interface Listing<T> {
  readonly keyOf: (item: T) => string;
  readonly describe: (item: T) => JsonObject;
  readonly limit: number | undefined;
  readonly token: string | undefined;
}

/** One page as most lists answer it: the items under their name, and `NextToken` while there are more. */
export function listing<T>(
  name: string,
  all: readonly T[],
  { describe, ...request }: Listing<T>,
): JsonObject {
  const { items, next } = paginate(all, request);
  return { [name]: items.map(describe), ...omitUndefined({ NextToken: next }) };
}
