import { setMaxListeners } from 'node:events';

/** A signal that others abort too. */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  abort(): void;
  /** Lets another signal abort this one. */
  link(other: AbortSignal | undefined): void;
  /** Ends the link; the signal is not aborted any more by the others. */
  unlink(): void;
}

/** Returns a signal that others abort. `AbortSignal.any` would keep it for as long as the others live. */
export function linkedSignal(...others: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const unlinks: (() => void)[] = [];
  const link = (other: AbortSignal | undefined) => {
    if (other === undefined) return;
    const abort = () => controller.abort(other.reason);
    if (other.aborted) return abort();
    // Every upload listens while it lasts.
    if (other instanceof EventTarget) setMaxListeners(0, other);
    other.addEventListener('abort', abort, { once: true });
    unlinks.push(() => other.removeEventListener('abort', abort));
  };
  for (const other of others) link(other);
  return {
    signal: controller.signal,
    abort: () => controller.abort(),
    link,
    unlink() {
      for (const unlink of unlinks) unlink();
    },
  };
}
