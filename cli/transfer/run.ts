import { type ErrorCode, interrupted, isUserError, UserError } from '../errors.ts';
import { forEachAtOnce } from './pacing/pool.ts';
import type { Placing } from './placing.ts';
import type { Item } from './sources/sources.ts';
import type { Stored } from './whole.ts';

/** How one file's upload ended. */
export interface Outcome {
  /** Under the key that it was to be stored under. */
  readonly item: Item;
  readonly seconds: number;
  readonly result: { readonly stored: Stored } | { readonly error: UserError };
}

/** Failures that every further file would meet as well; after the first, the others are not tried. */
const HOPELESS: ReadonlySet<ErrorCode> = new Set(['not_signed_in', 'sign_in_refused', 'token_refused']);

/** Failures that every further file would meet as well where the edge has not answered for any. */
const NO_ANSWER: ReadonlySet<ErrorCode> = new Set(['tls', 'not_an_edge', 'unreachable']);

/** So many files are left without an answer before the others are not tried. */
const UNANSWERED_FILES = 2;

/** Failures that the edge, or the store behind it, has told. */
const ANSWERS: ReadonlySet<ErrorCode> = new Set([
  'bad_key',
  'bytes_differ',
  'exists',
  'forbidden',
  'gave_up',
  'refused_by_edge',
  'refused_by_store',
  'too_large',
]);

const GO_ON = 'Type the same command again; a large file resumes where it stopped.';

export interface RunOptions {
  /** Files under way at once. */
  readonly files: number;
  /** Absent: keys are as they are. */
  readonly placing?: Placing | undefined;
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
  { files, placing, now, signal, onOutcome }: RunOptions,
): Promise<void> {
  let hopeless: UserError | undefined;
  let answered = false;
  let unanswered = 0;

  const judge = (error: UserError) => {
    if (ANSWERS.has(error.code)) answered = true;
    if (NO_ANSWER.has(error.code)) unanswered += 1;
    const nobodyThere = NO_ANSWER.has(error.code) && !answered && unanswered >= UNANSWERED_FILES;
    if (HOPELESS.has(error.code) || nobodyThere) hopeless ??= error;
  };

  const attempt = async (item: Item): Promise<Outcome['result']> => {
    if (hopeless !== undefined) {
      return { error: new UserError(hopeless.code, `Not tried: ${hopeless.message}`, { cause: hopeless }) };
    }
    try {
      const stored = await upload(item);
      answered = true;
      return { stored };
    } catch (error) {
      if (!isUserError(error)) throw error;
      if (error.code === 'interrupted') {
        // What a stream gave is not there a second time.
        throw error.hint === undefined && item.kind === 'file' ? interrupted(GO_ON) : error;
      }
      judge(error);
      return { error };
    }
  };

  await forEachAtOnce(withHint(items), files, async (item) => {
    if (signal.aborted) throw interrupted(GO_ON);
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
    throw isUserError(error) && error.code === 'interrupted' ? interrupted(GO_ON) : error;
  }
}
