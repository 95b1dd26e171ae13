import { isUserError, type UserError } from '../errors.ts';

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
    // An error of the work is thrown by this await; otherwise it could only not be closed.
    const done = working === undefined ? undefined : { value: await working };
    if (!isUserError(error) || !['disk', 'settings'].includes(error.code)) throw error;
    onTrouble(error);
    return done === undefined ? work(await otherwise()) : done.value;
  }
}
