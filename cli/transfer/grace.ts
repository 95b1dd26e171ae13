/** What is sent when Ctrl-C is pressed may end within this time: a part that is stored need not be sent again. */
export const GRACE_MS = 1_000;

/** A signal that is aborted some time after the other; the timer does not keep a process that has nothing else to do. */
export function delayedSignal(signal: AbortSignal, milliseconds: number): AbortSignal {
  const later = new AbortController();
  const abort = () => setTimeout(() => later.abort(), milliseconds).unref();
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return later.signal;
}
