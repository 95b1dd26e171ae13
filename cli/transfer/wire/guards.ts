/** Calls back when a request moves no byte for too long. It is armed only while the network is to act. */
export interface StallGuard {
  /** Starts the time again; `extraMs` is added to the guard's limit. */
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

/** The slowest answer that is read, bytes a millisecond. At this rate the longest answer takes 17 minutes. */
const LEAST_RATE = 2;

/** The time for an answer where the stall guard is off, milliseconds. */
const UNGUARDED_MS = 10 * 60_000;

/**
 * Bounds the time of a whole answer, informational answers (1xx) included. The time that the request's body takes does not
 * count.
 */
export interface AnswerDeadline {
  /** Starts the time for the answer; `extraMs` is the store's own work. A second call has no effect. */
  start(extraMs?: number): void;
  /** Counts bytes of the answer. */
  received(bytes: number): void;
  end(): void;
}

/** @param limitMs milliseconds for the first byte; later bytes add time at the slowest rate. 0: ten minutes. */
export function answerDeadline(limitMs: number, onLate: () => void): AnswerDeadline {
  let timer: NodeJS.Timeout | undefined;
  let received = 0;
  let ended = false;
  // Each byte received adds its time at the slowest rate.
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
