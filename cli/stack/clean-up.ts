import { openDeadline } from '../network/deadline.ts';

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
