import { type ErrorCode, interrupted, isUserError, UserError } from '../errors.ts';
import { forEachAtOnce } from './pool.ts';
import type { Item } from './sources.ts';
import type { Stored } from './whole.ts';

/** How one file's upload ended. */
export interface Outcome {
  readonly item: Item;
  readonly seconds: number;
  readonly result: { readonly stored: Stored } | { readonly error: UserError };
}

/** Failures that every further file would meet as well; after the first, the others are not tried. */
const HOPELESS: ReadonlySet<ErrorCode> = new Set([
  'not_signed_in',
  'sign_in_refused',
  'token_refused',
  'tls',
  'not_an_edge',
  'unreachable',
]);

const GO_ON = 'Type the same command again; a large file goes on where it stopped.';

export interface RunOptions {
  /** Files under way at once. */
  readonly files: number;
  /** Milliseconds of a steady clock. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly onOutcome: (outcome: Outcome) => void;
}

/**
 * Uploads file after file, several at once; one file's failure does not stop the others.
 * @throws `interrupted`, once all that was under way has ended; and whatever is thrown that is no UserError.
 */
export async function runAll(
  items: AsyncIterable<Item>,
  upload: (item: Item) => Promise<Stored>,
  { files, now, signal, onOutcome }: RunOptions,
): Promise<void> {
  let hopeless: UserError | undefined;

  const attempt = async (item: Item): Promise<Outcome['result']> => {
    if (hopeless !== undefined) {
      return { error: new UserError(hopeless.code, `Not tried: ${hopeless.message}`, { cause: hopeless }) };
    }
    try {
      return { stored: await upload(item) };
    } catch (error) {
      if (!isUserError(error)) throw error;
      if (error.code === 'interrupted') throw error.hint === undefined ? interrupted(GO_ON) : error;
      if (HOPELESS.has(error.code)) hopeless ??= error;
      return { error };
    }
  };

  await forEachAtOnce(items, files, async (item) => {
    if (signal.aborted) throw interrupted(GO_ON);
    const began = now();
    const result = await attempt(item);
    onOutcome({ item, seconds: (now() - began) / 1000, result });
  });
}
