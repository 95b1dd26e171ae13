import { setMaxListeners } from 'node:events';

/** A signal that other signals can abort. */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  abort(): void;
  /** Aborts this signal together with another one. */
  link(other: AbortSignal | undefined): void;
  /** Removes all links, so that other signals no longer abort this one. */
  unlink(): void;
}

/** Creates a signal that other signals abort. `AbortSignal.any` would keep it in memory as long as they exist. */
export function linkedSignal(...others: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const unlinks: (() => void)[] = [];
  const link = (other: AbortSignal | undefined) => {
    if (other === undefined) return;
    const abort = () => controller.abort(other.reason);
    if (other.aborted) return abort();
    // Every running upload adds a listener.
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
