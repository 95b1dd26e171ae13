import { interrupted, type UserError } from '../../errors.ts';
import { openDeadline } from '../../network/deadline.ts';

/** How long to wait for a person. */
export interface Patience {
  readonly milliseconds: number;
  /** Returns the error once the time is over. */
  readonly late: () => UserError;
}

/** Waits for a person, for a bounded time. Ctrl-C ends the wait at once. */
export async function withPatience<T>(
  work: Promise<T>,
  { milliseconds, late }: Patience,
  signal: AbortSignal,
): Promise<T> {
  const deadline = openDeadline(signal);
  const ended = new Promise<never>((_, reject) => {
    const end = () => reject(signal.aborted ? interrupted() : late());
    if (deadline.signal.aborted) end();
    deadline.signal.addEventListener('abort', end, { once: true });
  });
  deadline.set(milliseconds);
  try {
    return await Promise.race([work, ended]);
  } finally {
    deadline.end();
  }
}
