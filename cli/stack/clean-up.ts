import { interrupted } from '../errors.ts';
import { openDeadline } from '../network/cancellation.ts';

/** Milliseconds for a clean-up request, and the same after Ctrl-C. */
const CLEAN_UP_MS = 60_000;
const INTERRUPTED_MS = 5_000;

/** Runs requests that clean up. Ctrl-C does not cancel them, but leaves them less time. */
export async function cleanUp(
  signal: AbortSignal,
  run: (bounds: { readonly abortSignal: AbortSignal }) => Promise<void>,
): Promise<void> {
  const deadline = openDeadline();
  deadline.set(signal.aborted ? INTERRUPTED_MS : CLEAN_UP_MS);
  try {
    await run({ abortSignal: deadline.signal });
  } finally {
    deadline.end();
  }
}

/**
 * Sends a request that creates something. Ctrl-C does not cancel it, but leaves it less time: only with its answer is it
 * known what to delete again.
 * @throws {UserError} `interrupted` after Ctrl-C, if there is no answer
 */
export async function creating<T>(
  signal: AbortSignal,
  run: (bounds: { readonly abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> {
  if (signal.aborted) throw interrupted();
  const deadline = openDeadline();
  const hurry = () => deadline.set(INTERRUPTED_MS);
  signal.addEventListener('abort', hurry, { once: true });
  try {
    return await run({ abortSignal: deadline.signal });
  } catch (error) {
    throw signal.aborted ? interrupted() : error;
  } finally {
    signal.removeEventListener('abort', hurry);
    deadline.end();
  }
}
