/** What can be aborted by one signal, such as requests under way. */
export interface Abortable {
  /** Calls `abort` with the signal's reason once it is aborted. Returns a function that removes it again. */
  add(abort: (reason: unknown) => void): () => void;
}

/** Listens to a signal once for all: its time for a listener grows with the number of listeners. */
export function openAbortable(signal: AbortSignal): Abortable {
  const waiting = new Set<(reason: unknown) => void>();
  const abortAll = () => {
    for (const abort of waiting) abort(signal.reason);
  };
  signal.addEventListener('abort', abortAll, { once: true });
  return {
    add(abort) {
      if (signal.aborted) abort(signal.reason);
      else waiting.add(abort);
      return () => void waiting.delete(abort);
    },
  };
}
