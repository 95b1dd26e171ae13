import { type ErrorCode, isUserError, type UserError } from '../../errors.ts';

/** Failures of one service or one permission: other services can still respond. */
const OF_ONE_PART: ReadonlySet<ErrorCode> = new Set(['access_denied', 'throttled', 'aws', 'unreachable']);

/** Parts that are read one by one, so that a refusal hides only its own part. */
export class Parts {
  readonly #failed = new Map<string, UserError>();

  /** Returns what `work` reads; `undefined`, and a part in {@link failed}, if its service refuses. */
  async read<T>(part: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!isUserError(error) || !OF_ONE_PART.has(error.code)) throw error;
      this.#failed.set(part, error);
      return undefined;
    }
  }

  /** The error of each part that was not read, by name. */
  get failed(): ReadonlyMap<string, UserError> {
    return this.#failed;
  }
}
