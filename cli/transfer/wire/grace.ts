import { interrupted } from '../../errors.ts';

/** What is sent when Ctrl-C is pressed may end within this time: a part that is stored need not be sent again. */
export const GRACE_MS = 1_000;

/** What is still sent to clean up after Ctrl-C is given up after this time. */
export const CLEAN_UP_MS = 10_000;

/** A signal that is aborted some time after the other; the timer does not keep a process that has nothing else to do. */
export function delayedSignal(signal: AbortSignal, milliseconds: number): AbortSignal {
  const later = new AbortController();
  const abort = () => setTimeout(() => later.abort(), milliseconds).unref();
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return later.signal;
}

/** What the work gives, or an interruption as soon as the signal is aborted, whether the work can be or not. */
export async function orInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(interrupted());
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
  }
}
