import { omitUndefined } from '../../protocol/omit-undefined.ts';
import type { JsonObject } from '../json.ts';
import { integer, optional } from '../shape.ts';
import { paginate } from '../wire/paging.ts';
import { invalidParameter } from './errors.ts';
import { pageToken } from './fields.ts';

/** The API's own page size where the caller gives none, or 0. */
const DEFAULT_LIMIT = 60;

interface PageRequest<T> {
  readonly keyOf: (item: T) => string;
  readonly limit: number | undefined;
  readonly token: string | undefined;
}

/** Cuts a page out of a list, sorted by key. @throws AwsError `InvalidParameterException` for a token that is not ours */
export function page<T>(all: readonly T[], { keyOf, limit, token }: PageRequest<T>) {
  const invalidToken = () => invalidParameter('Invalid pagination token');
  return paginate(all, { keyOf, limit: limit || DEFAULT_LIMIT, token, invalidToken });
}

/** The members by which most lists are asked for page by page. */
export const paging = { Limit: optional(integer({ min: 0, max: 60 })), NextToken: optional(pageToken) };

interface Listing<T> extends PageRequest<T> {
  readonly describe: (item: T) => JsonObject;
}

/** One page as most lists answer it: the items under their name, and `NextToken` while there are more. */
export function listing<T>(
  name: string,
  all: readonly T[],
  { describe, ...request }: Listing<T>,
): JsonObject {
  const { items, next } = page(all, request);
  return { [name]: items.map(describe), ...omitUndefined({ NextToken: next }) };
}
