import { interrupted, UserError } from '../errors.ts';

/** How one list of AWS is read, a page at a time. */
export interface Listing<Page, Token> {
  /** For errors, as a sentence begins: `Listing the users`. */
  readonly doing: string;
  /** Ends the list between two pages. */
  readonly signal?: AbortSignal;
  readonly ask: (token: Token | undefined) => Promise<Page>;
  /** The token of the next page; `undefined` on the last. */
  readonly next: (page: Page) => Token | undefined;
}

/** A bucket of a billion objects has so many pages. */
const MAX_PAGES = 1_000_000;

/**
 * Yields the pages of a list until its end. A page that points back to an earlier one, which would never end, is an error.
 * @throws {UserError} `aws`, or `interrupted` once the signal is aborted.
 */
export async function* pages<Page, Token>({
  doing,
  signal,
  ask,
  next,
}: Listing<Page, Token>): AsyncGenerator<Page> {
  let token: Token | undefined;
  // Any loop of pages comes back to the marked one, for the distance to the next mark doubles each time.
  let marked: string | undefined;
  let nextMark = 1;
  for (let read = 1; ; read += 1) {
    if (signal?.aborted) throw interrupted();
    const page = await ask(token);
    yield page;
    token = next(page);
    if (token === undefined) return;
    const text = JSON.stringify(token);
    if (text === marked || read === MAX_PAGES) {
      throw new UserError('aws', `${doing} failed: AWS answered with the same page again.`, {
        hint: 'Type the same command again. If AWS_ENDPOINT_URL is set, what answers there may be at fault.',
      });
    }
    if (read < nextMark) continue;
    marked = text;
    nextMark *= 2;
  }
}
