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

/** An answer that has begun must come at this rate at least, bytes a millisecond: the longest that is read takes 17 minutes then. */
const LEAST_RATE = 2;

/** How long an answer may take where the stall guard is switched off, milliseconds. */
const UNGUARDED_MS = 10 * 60_000;

/**
 * Bounds the time of a whole answer, however steadily its bytes drip or informational answers (1xx) come before it. The
 * time of a body that goes out is not in it: that is as long as the link makes it.
 */
export interface AnswerDeadline {
  /** The answer is due now; `extraMs` is what the store needs before. A second call changes nothing. */
  start(extraMs?: number): void;
  /** Some of the answer came. */
  received(bytes: number): void;
  end(): void;
}

/** @param limitMs milliseconds for the first byte, and for all of them at the least rate beyond; 0: a bound of its own. */
export function answerDeadline(limitMs: number, onLate: () => void): AnswerDeadline {
  let timer: NodeJS.Timeout | undefined;
  let received = 0;
  let ended = false;
  // Looks again after as much time as the bytes that came meanwhile are worth.
  const wait = (milliseconds: number, counted: number) => {
    timer = setTimeout(() => {
      if (received > counted) wait((received - counted) / LEAST_RATE, received);
      else onLate();
    }, milliseconds);
  };
  return {
    start(extraMs = 0) {
      if (timer !== undefined || ended) return;
      wait((limitMs > 0 ? limitMs : UNGUARDED_MS) + extraMs, received);
    },
    received(bytes) {
      received += bytes;
    },
    end() {
      ended = true;
      clearTimeout(timer);
    },
  };
}
