import { type Listing, pages as readPages } from '../network/pages.ts';
import { onAws } from './aws-failures.ts';

/** Yields the pages of a list; an operator's error for a failed request names what `doing` says. */
export function pages<Page, Token>(listing: Listing<Page, Token>): AsyncGenerator<Page> {
  const { doing, ask } = listing;
  return readPages({ ...listing, ask: (token) => onAws(doing, () => ask(token)) });
}
