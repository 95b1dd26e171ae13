import { type Listing, pages as readPages } from '../network/pages.ts';
import { onAws } from './aws-failures.ts';

/** Yields the pages of a list; an operator's error for a failed request names what `doing` says. */
export function pages<Page, Token>(listing: Listing<Page, Token>): AsyncGenerator<Page> {
  const { doing, ask } = listing;
  return readPages({ ...listing, ask: (token) => onAws(doing, () => ask(token)) });
}

/** Passes items through, and looks for the next one while one is used. */
export async function* oneAhead<T>(items: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = items.next();
  try {
    for (;;) {
      const { done, value } = await next;
      if (done) return;
      next = items.next();
      // Thrown when its turn comes.
      next.catch(() => {});
      yield value;
    }
  } finally {
    // Where the caller ends early, nothing waits for a request under way.
    void items.return(undefined).catch(() => {});
  }
}
