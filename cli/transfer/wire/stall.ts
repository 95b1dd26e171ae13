/** Calls back when an attempt has moved no byte for too long. Armed only while the network has the next move. */
export interface StallGuard {
  /** Counts from now on; `extraMs` is patience beyond the guard's own limit. */
  arm(extraMs?: number): void;
  disarm(): void;
  /** Disarms for good. */
  end(): void;
}

/** @param limitMs milliseconds without a byte moved; 0 switches the guard off. */
export function stallGuard(limitMs: number, onStall: () => void): StallGuard {
  let timer: NodeJS.Timeout | undefined;
  let armedMs = -1;
  let ended = limitMs <= 0;
  const disarm = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  return {
    disarm,
    end() {
      ended = true;
      disarm();
    },
    arm(extraMs = 0) {
      if (ended) return;
      const wantedMs = limitMs + extraMs;
      if (timer !== undefined && armedMs === wantedMs) {
        timer.refresh();
        return;
      }
      disarm();
      armedMs = wantedMs;
      timer = setTimeout(onStall, wantedMs);
    },
  };
}
