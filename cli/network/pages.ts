import { createHash } from 'node:crypto';
import { interrupted, UserError } from '../errors.ts';

/** How one list of AWS is read, a page at a time. */
export interface Listing<Page, Token> {
  /** For errors, as a sentence begins: `Listing the users`. */
  readonly doing: string;
  /** Ends the list; a request under way ends with it where `ask` passes it on. */
  readonly signal?: AbortSignal;
  readonly ask: (token: Token | undefined) => Promise<Page>;
  /** The token of the next page; `undefined` on the last. */
  readonly next: (page: Page) => Token | undefined;
}

/** A bucket of a billion objects has so many pages. */
const MAX_PAGES = 1_000_000;

/** FilterLogEvents gives pages without an event while it searches; so many in a row are no search. */
const MAX_EMPTY_PAGES = 2_000;

function endless(doing: string, why: string): UserError {
  return new UserError('aws', `${doing} failed: ${why}.`, {
    hint: 'Type the same command again. If AWS_ENDPOINT_URL is set, what answers there may be at fault.',
  });
}

/** A digest of what a page lists; `undefined` where it lists nothing. */
function contents(page: unknown): string | undefined {
  const items = Object.values(page ?? {})
    .filter(Array.isArray)
    .flat();
  return items.length === 0 ? undefined : createHash('sha256').update(JSON.stringify(items)).digest('base64');
}

/**
 * Yields the pages of a list until its end. A list that would never end is an error: a page that points back to an earlier
 * one, lists the same as the one before, or comes after too many empty ones.
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
  let before: string | undefined;
  let empty = 0;
  for (let read = 1; ; read += 1) {
    if (signal?.aborted) throw interrupted();
    const page = await ask(token).catch((error: unknown) => {
      throw signal?.aborted ? interrupted() : error;
    });
    yield page;
    token = next(page);
    if (token === undefined) return;
    const text = JSON.stringify(token);
    const listed = contents(page);
    const isSame = listed !== undefined && listed === before;
    before = listed;
    empty = listed === undefined ? empty + 1 : 0;
    if (text === marked || isSame) throw endless(doing, 'AWS answered with the same page again');
    if (read === MAX_PAGES) throw endless(doing, `AWS answered with ${MAX_PAGES} pages and more`);
    if (empty === MAX_EMPTY_PAGES)
      throw endless(doing, `AWS answered with ${MAX_EMPTY_PAGES} empty pages in a row`);
    if (read < nextMark) continue;
    marked = text;
    nextMark *= 2;
  }
}
