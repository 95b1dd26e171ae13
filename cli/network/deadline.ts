/** Ends a request that takes too long as a whole, or whose caller gives up. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Begins the time anew, milliseconds. */
  set(milliseconds: number): void;
  /** Ends it: the request is over, or may take as long as it needs. */
  clear(): void;
  /** The same, and the caller's signal is of no interest any more. */
  end(): void;
}

/** `AbortSignal.any` and `AbortSignal.timeout` would do, but Node forgets them while they are waited for (seen with 20). */
export function openDeadline(caller?: AbortSignal): Deadline {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const clear = () => clearTimeout(timer);
  const giveUp = () => {
    clear();
    controller.abort(caller?.reason);
  };
  if (caller?.aborted) giveUp();
  caller?.addEventListener('abort', giveUp, { once: true });
  return {
    signal: controller.signal,
    set(milliseconds) {
      clear();
      timer = setTimeout(() => {
        controller.abort(new DOMException('the answer has no end', 'TimeoutError'));
      }, milliseconds);
    },
    clear,
    end() {
      clear();
      caller?.removeEventListener('abort', giveUp);
    },
  };
}
