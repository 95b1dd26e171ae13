import { UserError } from '../errors.ts';

export interface Page<T> {
  readonly items: readonly T[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: string | undefined;
}

/** More pages than any list of AWS has in an account that can be worked with. */
const MOST_PAGES = 100_000;

/**
 * The items of a list, page by page. A list that comes back to where it was, or has no end, is an error.
 * @param subject what is listed, as a sentence begins: `The list of users`
 */
export async function* pages<T>(
  subject: string,
  fetchPage: (next: string | undefined) => Promise<Page<T>>,
): AsyncGenerator<T> {
  let next: string | undefined;
  const seen = new Set<string>();
  do {
    const page = await fetchPage(next);
    yield* page.items;
    ({ next } = page);
    if (next !== undefined && (seen.has(next) || seen.size >= MOST_PAGES)) {
      throw new UserError('aws', `${subject} has no end: a page points back to an earlier one.`, {
        hint: 'Run the same command again. If it goes on, the endpoint is not that of AWS: check AWS_ENDPOINT_URL.',
      });
    }
    if (next !== undefined) seen.add(next);
  } while (next !== undefined);
}
