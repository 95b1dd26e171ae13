import { integer, list, oneOf, required, strings, structure, text } from '../shape.ts';
import { paginate } from '../wire/paging.ts';
import { invalidParameter } from './errors.ts';
import { MAX_PASSWORD_LENGTH, PASSWORD_PATTERN } from './password.ts';

/*
 * Constraints of the members that many operations share, from the user pool API's own model
 * (https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/).
 */
export const poolId = text({ min: 1, max: 55, pattern: /[\w-]+_[0-9a-zA-Z]+/ });
export const clientId = text({ min: 1, max: 128, pattern: /[\w+]+/ });
export const username = text({ min: 1, max: 128, pattern: /[\p{L}\p{M}\p{S}\p{N}\p{P}]+/u });
/** The password of every operation. `checkPassword` adds the pool's policy. */
export const password = text({ max: MAX_PASSWORD_LENGTH, pattern: PASSWORD_PATTERN });
export const token = text({ pattern: /[A-Za-z0-9-_=.]+/ });
export const session = text({ min: 20, max: 2048 });
export const groupName = text({ min: 1, max: 128, pattern: /[\p{L}\p{M}\p{S}\p{N}\p{P}]+/u });
export const secretHash = text({ min: 1, max: 128, pattern: /[\w+=/]+/ });
export const pageToken = text({ min: 1, max: 131072, pattern: /[\S]+/ });
export const attributeName = text({ min: 1, max: 32, pattern: /[\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r ]+/u });
export const deliveryMedium = oneOf(['SMS', 'EMAIL']);

export const long = text({ max: 131_072 });
export const longStrings = strings({ names: long, values: long });

export const attributes = list(structure({ Name: required(attributeName), Value: text({ max: 2048 }) }));

/** The API's page size if the caller gives none, or 0. */
const DEFAULT_LIMIT = 60;

interface PageRequest<T> {
  readonly keyOf: (item: T) => string;
  readonly limit: number | undefined;
  readonly token: string | undefined;
}

/**
 * Returns one page of a list, sorted by key.
 *
 * @throws AwsError `InvalidParameterException` for an invalid token
 */
export function page<T>(all: readonly T[], { keyOf, limit, token }: PageRequest<T>) {
  const invalidToken = () => invalidParameter('Invalid pagination token');
  return paginate(all, { keyOf, limit: limit || DEFAULT_LIMIT, token, invalidToken });
}

/** The paging members of most lists. */
export const paging = { Limit: integer({ min: 0, max: 60 }), NextToken: pageToken };

interface Listing<T> extends PageRequest<T> {
  readonly describe: (item: T) => object;
}

/** Returns one page in the form of most lists: the items below their name, and `NextToken` if there are more. */
export function listing<T>(name: string, all: readonly T[], { describe, ...request }: Listing<T>): object {
  const { items, next } = page(all, request);
  return { [name]: items.map(describe), NextToken: next };
}
