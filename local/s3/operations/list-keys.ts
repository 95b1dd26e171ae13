import type { Bucket } from '../store/bucket.ts';
import { compareKeys } from '../store/version.ts';

export interface KeyQuery {
  readonly prefix: string;
  /** Empty for none. */
  readonly delimiter: string;
  /** Where the page before ended: a key, or a common prefix with all that is below it. Empty for the first. */
  readonly after: string;
  readonly limit: number;
}

export interface KeyPage {
  readonly keys: readonly string[];
  readonly commonPrefixes: readonly string[];
  /** Where the next page goes on; absent on the last one. */
  readonly next?: string;
}

/** After every key that begins with a prefix, as good as: no key goes on with more of the last code point. */
const LAST = '\u{10FFFF}';

/** One page of the current objects' keys, those below the delimiter rolled up into one prefix each. */
export function listKeys(bucket: Bucket, query: KeyQuery): KeyPage {
  const { prefix, delimiter, after, limit } = query;
  const keys: string[] = [];
  const commonPrefixes: string[] = [];
  let last = after;
  let from = compareKeys(prefix, after) > 0 ? prefix : after;
  for (;;) {
    const key = nextKey(bucket, from, query, last);
    if (key === undefined) return { keys, commonPrefixes };
    if (keys.length + commonPrefixes.length === limit) {
      return { keys, commonPrefixes, ...(limit > 0 ? { next: last } : {}) };
    }
    const group = groupOf(key, prefix, delimiter);
    if (group === undefined) keys.push(key);
    else commonPrefixes.push(group);
    last = group ?? key;
    from = group === undefined ? key : group + LAST;
  }
}

function nextKey(
  bucket: Bucket,
  from: string,
  { prefix, delimiter }: KeyQuery,
  last: string,
): string | undefined {
  for (const key of bucket.keysFrom(from)) {
    if (!key.startsWith(prefix)) return undefined;
    const given = compareKeys(key, last) <= 0 || (last !== '' && groupOf(key, prefix, delimiter) === last);
    if (!given && bucket.current(key) !== undefined) return key;
  }
  return undefined;
}

function groupOf(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '') return undefined;
  const end = key.indexOf(delimiter, prefix.length);
  return end < 0 ? undefined : key.slice(0, end + delimiter.length);
}
