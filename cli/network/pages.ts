import { createHash } from 'node:crypto';
import { interrupted, UserError } from '../errors.ts';

/** How to read an AWS list page by page. */
export interface Listing<Page, Token> {
  /** Start of error messages: `Listing the users`. */
  readonly doing: string;
  /** Ends the list, and the current request if `ask` passes the signal on. */
  readonly signal?: AbortSignal;
  readonly ask: (token: Token | undefined) => Promise<Page>;
  /** The token of the next page; `undefined` on the last. */
  readonly next: (page: Page) => Token | undefined;
}

/** Pages of a bucket with a billion objects. */
const MAX_PAGES = 1_000_000;

/** FilterLogEvents returns empty pages while it searches, but fewer than this in a row. */
const MAX_EMPTY_PAGES = 2_000;

function endless(doing: string, why: string): UserError {
  return new UserError('aws', `${doing} failed: ${why}.`, {
    hint: 'Run the same command again. If AWS_ENDPOINT_URL is set, check what answers there.',
  });
}

/** Returns a digest of the items of a page; `undefined` if it is empty. */
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
  // The distance between marked pages doubles, so that every loop returns to a marked page.
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
