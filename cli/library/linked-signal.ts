import { setMaxListeners } from 'node:events';

/** A signal that others abort too. */
interface LinkedSignal {
  readonly signal: AbortSignal;
  abort(): void;
  /** Ends the link; the signal is not aborted any more by the others. */
  unlink(): void;
}

/** Returns a signal that others abort. `AbortSignal.any` would keep it for as long as the others live. */
export function linkedSignal(...others: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const unlinks: (() => void)[] = [];
  for (const other of others) {
    if (other === undefined) continue;
    const abort = () => controller.abort(other.reason);
    if (other.aborted) abort();
    else other.addEventListener('abort', abort, { once: true });
    unlinks.push(() => other.removeEventListener('abort', abort));
  }
  return {
    signal: controller.signal,
    abort: () => controller.abort(),
    unlink() {
      for (const unlink of unlinks) unlink();
    },
  };
}
