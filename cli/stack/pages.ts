import { interrupted, UserError } from '../errors.ts';
import { onAws } from './aws-failures.ts';

/** How one list of AWS is read, a page at a time. */
export interface Listing<Page, Token> {
  /** For errors: `Listing the bucket b`. */
  readonly doing: string;
  readonly signal: AbortSignal;
  readonly ask: (token: Token | undefined) => Promise<Page>;
  /** The token of the next page; `undefined` on the last. */
  readonly next: (page: Page) => Token | undefined;
}

/**
 * The pages of a list until its end. Ctrl-C ends it between two pages, and an answer that points to itself, which would
 * never end, is an error.
 */
export async function* pages<Page, Token>({
  doing,
  signal,
  ask,
  next,
}: Listing<Page, Token>): AsyncGenerator<Page> {
  let token: Token | undefined;
  for (;;) {
    if (signal.aborted) throw interrupted();
    const page = await onAws(doing, () => ask(token));
    yield page;
    const following = next(page);
    if (following === undefined) return;
    if (JSON.stringify(following) === JSON.stringify(token)) {
      throw new UserError('aws', `${doing} failed: AWS answered with the same page again.`, {
        hint: 'Type the same command again. If AWS_ENDPOINT_URL is set, what answers there may be at fault.',
      });
    }
    token = following;
  }
}
