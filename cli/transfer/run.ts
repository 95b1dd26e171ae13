import { type ErrorCode, interrupted, isUserError, UserError } from '../errors.ts';
import type { Stored } from './whole.ts';

/** A file to upload, and where it goes. */
export interface Item {
  /** As the user typed or would type it. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly key: string;
}

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
 * @throws `interrupted`, once all that was under way has ended; and whatever `upload` throws that is no UserError.
 */
export async function runAll(
  items: Iterable<Item> | AsyncIterable<Item>,
  upload: (item: Item) => Promise<Stored>,
  { files, now, signal, onOutcome }: RunOptions,
): Promise<void> {
  const queue = iterate(items);
  let hopeless: UserError | undefined;
  let cutShort = false;
  let defect: { readonly error: unknown } | undefined;

  const attempt = async (item: Item): Promise<Outcome['result']> => {
    if (hopeless !== undefined) {
      return { error: new UserError(hopeless.code, `Not tried: ${hopeless.message}`, { cause: hopeless }) };
    }
    try {
      return { stored: await upload(item) };
    } catch (error) {
      if (!isUserError(error)) throw error;
      if (HOPELESS.has(error.code)) hopeless ??= error;
      return { error };
    }
  };

  const worker = async () => {
    while (defect === undefined) {
      const next = await queue.next();
      if (next.done === true) return;
      if (signal.aborted) {
        cutShort = true;
        return;
      }
      const began = now();
      const result = await attempt(next.value);
      if ('error' in result && result.error.code === 'interrupted') {
        cutShort = true;
        return;
      }
      onOutcome({ item: next.value, seconds: (now() - began) / 1000, result });
    }
  };

  const guarded = () =>
    worker().catch((error: unknown) => {
      defect ??= { error };
    });
  await Promise.all(Array.from({ length: files }, guarded));
  if (defect !== undefined) throw defect.error;
  if (cutShort) throw interrupted();
}

async function* iterate<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T, void, void> {
  yield* items;
}
