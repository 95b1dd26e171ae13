import { interrupted, isUserError, UserError } from '../errors.ts';
import { effectOf } from './error-effects.ts';
import { forEachAtOnce } from './pacing/pool.ts';
import type { Placing } from './placing.ts';
import type { Stored } from './put-object.ts';
import type { Item } from './sources/items.ts';

/** How one file's upload ended. */
export interface Outcome {
  /** Under the key that the edge allows. */
  readonly item: Item;
  readonly seconds: number;
  readonly result: { readonly stored: Stored } | { readonly error: UserError } | { readonly unchanged: true };
}

/** After so many files without an answer, the others are not tried. */
const UNANSWERED_FILES = 2;

const RESUME_HINT = 'Run the same command again; a large file resumes where it stopped.';

export interface RunOptions {
  /** Files under way at once. */
  readonly files: number;
  /** Absent: keys are not changed. */
  readonly placing?: Placing | undefined;
  /** Milliseconds of a steady clock. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly onOutcome: (outcome: Outcome) => void;
}

/**
 * Uploads items, several at once. A failed item does not stop the others, unless they would fail for the same reason.
 * @param upload returns `undefined` for a file that was stored before and is unchanged.
 * @throws {UserError} `interrupted`, once the uploads under way have ended; and every error that is not a UserError.
 */
export async function runAll(
  items: AsyncIterable<Item>,
  upload: (item: Item) => Promise<Stored | undefined>,
  { files, placing, now, signal, onOutcome }: RunOptions,
): Promise<void> {
  let stopped: UserError | undefined;
  let answered = false;
  let unanswered = 0;

  const judge = (error: UserError) => {
    const effect = effectOf(error.code);
    if (effect.answered) answered = true;
    if (effect.run === 'stop unanswered') unanswered += 1;
    const nobodyThere = effect.run === 'stop unanswered' && !answered && unanswered >= UNANSWERED_FILES;
    if (effect.run === 'stop' || nobodyThere) stopped ??= error;
  };

  const attempt = async (item: Item): Promise<Outcome['result']> => {
    if (stopped !== undefined) {
      return { error: new UserError(stopped.code, `Not tried: ${stopped.message}`, { cause: stopped }) };
    }
    try {
      const stored = await upload(item);
      if (stored === undefined) return { unchanged: true };
      answered = true;
      return { stored };
    } catch (error) {
      if (!isUserError(error)) throw error;
      if (error.code === 'interrupted') {
        // A stream cannot be read a second time.
        throw error.hint === undefined && item.kind === 'file' ? interrupted(RESUME_HINT) : error;
      }
      judge(error);
      return { error };
    }
  };

  await forEachAtOnce(withHint(items), files, async (item) => {
    if (signal.aborted) throw interrupted(RESUME_HINT);
    const began = now();
    let placed = (await placing?.place(item)) ?? { item };
    let result = await attempt(placed.item);
    const again = 'error' in result && (await placing?.placeAgain(item, placed, result.error));
    if (again) {
      placed = again;
      result = await attempt(placed.item);
    }
    onOutcome({ item: placed.item, seconds: (now() - began) / 1000, result });
  });
}

async function* withHint(items: AsyncIterable<Item>): AsyncGenerator<Item, void, void> {
  try {
    yield* items;
  } catch (error) {
    throw isUserError(error) && error.code === 'interrupted' ? interrupted(RESUME_HINT) : error;
  }
}
