/** Ends a request that takes too long as a whole, or whose caller gives up. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Starts the time again, milliseconds. */
  set(milliseconds: number): void;
  /** Ends it: the request is over, or may take as long as it needs. */
  clear(): void;
  /** Aborts the signal at once. */
  abort(reason?: unknown): void;
  /** The same, and the caller's signal is of no interest any more. */
  end(): void;
}

/**
 * Opens a deadline, of which no time runs before `set`. `AbortSignal.any` and `AbortSignal.timeout` do not replace it:
 * Node 20 collects a combined signal while it is awaited, which then never fires.
 */
export function openDeadline(caller?: AbortSignal): Deadline {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const clear = () => clearTimeout(timer);
  const abort = (reason?: unknown) => {
    clear();
    controller.abort(reason);
  };
  const giveUp = () => abort(caller?.reason);
  if (caller?.aborted) giveUp();
  caller?.addEventListener('abort', giveUp, { once: true });
  return {
    signal: controller.signal,
    set(milliseconds) {
      clear();
      timer = setTimeout(() => {
        controller.abort(Object.assign(new Error('the answer has no end'), { name: 'TimeoutError' }));
      }, milliseconds);
    },
    clear,
    abort,
    end() {
      clear();
      caller?.removeEventListener('abort', giveUp);
    },
  };
}
