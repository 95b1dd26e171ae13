import type { AwsError } from './errors.ts';

interface PageRequest<T> {
  readonly limit: number;
  /** The token from the previous page; absent for the first page. */
  readonly token: string | undefined;
  /** Returns a unique sort key. Without it, the list keeps its order. */
  readonly keyOf?: (item: T) => string;
  readonly descending?: boolean;
  /** Creates the error for an invalid token. */
  readonly invalidToken: () => AwsError;
}

/**
 * Returns one page of a list. The token of the next page contains the key of the last item, so that added and removed items
 * do not shift the page.
 */
export function paginate<T>(
  all: readonly T[],
  { limit, token, keyOf, descending = false, invalidToken }: PageRequest<T>,
): { readonly items: readonly T[]; readonly next: string | undefined } {
  const after = token === undefined ? undefined : Buffer.from(token, 'base64url').toString();
  const isPlace = keyOf !== undefined || after === undefined || PLACE.test(after);
  if (!isPlace || (after !== undefined && encoded(after) !== token)) throw invalidToken();
  const direction = descending ? -1 : 1;
  const rest = all
    .map((item, index) => ({ item, key: keyOf?.(item) ?? placeOf(index) }))
    .filter(({ key }) => after === undefined || compare(key, after) === direction)
    .sort((one, other) => direction * compare(one.key, other.key));
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const next = last !== undefined && page.length < rest.length ? encoded(last.key) : undefined;
  return { items: page.map(({ item }) => item), next };
}

/** Matches the key of an item without one: its place in the list. */
const PLACE = /^\d{12}$/;

function placeOf(index: number): string {
  return String(index).padStart(12, '0');
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function encoded(key: string): string {
  return Buffer.from(key).toString('base64url');
}
