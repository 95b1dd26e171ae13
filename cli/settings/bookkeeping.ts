import type { Context } from '../context.ts';
import { type ErrorCode, isUserError, type UserError } from '../errors.ts';

/**
 * Changes records on this computer. A failure is a warning that starts with `consequence`: no work on a stack depends on
 * a record.
 * @returns whether the records were changed
 */
export async function keepBooks(
  { ui }: Pick<Context, 'ui'>,
  consequence: string,
  change: () => Promise<void>,
): Promise<boolean> {
  try {
    await change();
    return true;
  } catch (error) {
    if (!isUserError(error) || error.code === 'interrupted') throw error;
    ui.event({ type: 'warning', text: [`${consequence} ${error.message}`, ...error.hintLines] });
    return false;
  }
}

/** Deletes records of what is gone, each at once. Where they cannot be deleted, one warning names all. */
export class GoneRecords {
  readonly #recorded: string[] = [];
  #error: UserError | undefined;

  /** @param name with its kind, such as `the bucket photos` */
  async forget(name: string, change: () => Promise<void>): Promise<void> {
    try {
      await change();
    } catch (error) {
      if (!isUserError(error) || error.code === 'interrupted') throw error;
      this.#recorded.push(name);
      this.#error ??= error;
    }
  }

  warn({ ui }: Pick<Context, 'ui'>): void {
    if (this.#error === undefined) return;
    const names = `Gone, but still recorded on this computer: ${this.#recorded.join(', ')}.`;
    ui.event({ type: 'warning', text: [`${names} ${this.#error.message}`, ...this.#error.hintLines] });
  }
}

/** A disk that is full, read-only or another user's, and something else in the place of a record. */
const TROUBLE: ReadonlySet<ErrorCode> = new Set(['disk', 'settings']);

/** Whether a record cannot be read or written. */
export function isRecordTrouble(error: unknown): error is UserError {
  return isUserError(error) && TROUBLE.has(error.code);
}

/**
 * Runs `work` with what `open` opens. Where that fails for a disk or a file in its place, it runs `work` with what
 * `otherwise` returns: bookkeeping never fails an upload. Errors of the work itself are thrown.
 */
export async function withOptional<T, R>(
  open: (use: (value: T) => Promise<R>) => Promise<R>,
  work: (value: T) => Promise<R>,
  otherwise: () => Promise<T>,
  onTrouble: (error: UserError) => void,
): Promise<R> {
  let working: Promise<R> | undefined;
  const use = (value: T) => {
    working = work(value);
    return working;
  };
  try {
    return await open(use);
  } catch (error) {
    // This await throws an error of the work. Without one, only closing failed.
    const done = working === undefined ? undefined : { value: await working };
    if (!isRecordTrouble(error)) throw error;
    onTrouble(error);
    return done === undefined ? work(await otherwise()) : done.value;
  }
}
