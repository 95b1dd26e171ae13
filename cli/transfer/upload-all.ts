import { DESCRIPTION_KEY } from '../../protocol/object-url.ts';
import { interrupted, isUserError, systemCode, UserError } from '../errors.ts';
import { orInterrupted, resumable } from '../network/cancellation.ts';
import { NO_DESCRIPTOR } from '../settings/disk-errors.ts';
import { effectOf } from './error-effects.ts';
import { forEachAtOnce } from './pacing/pool.ts';
import type { Placing } from './placing.ts';
import type { Stored } from './put-object.ts';
import type { Outcome } from './report.ts';
import type { Item } from './sources/items.ts';
import type { EdgeClient } from './wire/edge-client.ts';

/** Number of first files without a response after which the others are not tried. */
const UNANSWERED_FILES = 2;

/** Returns whether the edge responds to a short request, which is retried for a few seconds. */
async function isReachable(edge: EdgeClient): Promise<boolean> {
  try {
    await edge.request({ method: 'GET', key: DESCRIPTION_KEY, subject: edge.url }, () => undefined);
    return true;
  } catch (error) {
    if (!isUserError(error)) throw error;
    return effectOf(error.code).run === undefined;
  }
}

const RESUME_HINT = 'Run the same command again; a large file resumes where it stopped.';

/** Returns the error after Ctrl-C at an item. A stream cannot be read a second time. */
function stoppedAt({ kind }: Item): UserError {
  return interrupted(kind === 'file' ? RESUME_HINT : undefined);
}

interface RunOptions {
  /** Files under way at once. */
  readonly files: number;
  /** Absent: keys are not changed. */
  readonly placing?: Placing | undefined;
  /** Client for short requests. */
  readonly edge: EdgeClient;
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
export async function uploadAll(
  items: AsyncIterable<Item>,
  upload: (item: Item) => Promise<Stored | undefined>,
  { files, placing, edge, now, signal, onOutcome }: RunOptions,
): Promise<void> {
  let stopped: UserError | undefined;
  let answered = false;
  let unanswered = 0;

  /** The error of an upload that was given up, if nothing was stored after it. */
  let lost: UserError | undefined;
  let asked: Promise<boolean> | undefined;

  const judge = (error: UserError) => {
    const { answered: isAnswered, run } = effectOf(error.code);
    if (isAnswered) answered = true;
    // Each file would wait as long for a descriptor.
    if (run === 'stop' || NO_DESCRIPTOR.has(systemCode(error))) stopped ??= error;
    if (run !== 'stop unanswered') return;
    unanswered += 1;
    if (answered) lost ??= error;
    else if (unanswered >= UNANSWERED_FILES) stopped ??= error;
  };

  /** After an upload was given up, asks the edge before the next one, because the network may have failed for all. */
  const checkEdge = async () => {
    const error = lost;
    if (error === undefined) return;
    asked ??= isReachable(edge).finally(() => {
      asked = undefined;
    });
    if (!(await orInterrupted(asked, signal))) stopped ??= error;
    else if (lost === error) lost = undefined;
  };

  const attempt = async (item: Item): Promise<Outcome['result']> => {
    if (stopped === undefined) await resumable(RESUME_HINT, checkEdge);
    if (stopped !== undefined) {
      return { error: new UserError(stopped.code, `Not tried: ${stopped.message}`, { cause: stopped }) };
    }
    try {
      const stored = await upload(item);
      if (stored === undefined) return { unchanged: true };
      answered = true;
      lost = undefined;
      return { stored };
    } catch (error) {
      if (!isUserError(error)) throw error;
      if (error.code === 'interrupted') {
        throw error.hint === undefined ? stoppedAt(item) : error;
      }
      judge(error);
      return { error };
    }
  };

  await forEachAtOnce(withHint(items), files, async (item) => {
    if (signal.aborted) throw stoppedAt(item);
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
