/** How long throughput is measured before it is believed. */
export interface Window {
  readonly leastMs: number;
  /** It ends when so much was moved, or after so long. */
  readonly bytes: number;
  readonly mostMs: number;
}

interface Reading {
  /** Bytes a millisecond, so far. */
  readonly rate: number;
  /** The window has come to its end. */
  readonly whole: boolean;
}

/** Measures what is moved, a window at a time. */
export interface Gauge {
  /** @param from when the window begins, milliseconds; absent: `delayMs` after the next byte. */
  begin(window: Window, from?: number): void;
  /** Nothing while no window has begun. */
  count(bytes: number): Reading | undefined;
}

/** @param now milliseconds of a steady clock. */
export function createGauge(now: () => number, first: Window, delayMs: number): Gauge {
  let window = first;
  let from: number | undefined;
  let moved = 0;
  return {
    begin(next, at) {
      window = next;
      from = at;
      moved = 0;
    },
    count(bytes) {
      const time = now();
      from ??= time + delayMs;
      if (time < from) return undefined;
      moved += bytes;
      const lasted = time - from;
      const { leastMs, bytes: enough, mostMs } = window;
      return {
        rate: moved / Math.max(lasted, leastMs),
        whole: lasted >= leastMs && (moved >= enough || lasted >= mostMs),
      };
    },
  };
}

/** What buffers on the way take of one connection at most, by Linux's defaults; a third of it at a time once they are full. */
export const BUFFER_BYTES = 4 * 1024 * 1024;

/** Buffers fill in no time: what a connection takes at first tells nothing of the link until it is answered. */
export const FILL_MS = 500;

/** What one connection moves, told apart from what its buffers take. */
export interface Flow {
  /** Bytes sent by the try that is under way. */
  readonly sent: number;
  /** @returns how many of the bytes have left the buffers, as far as is known. */
  moved(bytes: number): number;
  /** @returns how many more have left them, now that there is an answer. */
  answered(): number;
  /** Nothing is sent for a while, and the buffers empty. */
  paused(): void;
}

export function createFlow(now: () => number): Flow {
  let fillsUntil: number | undefined;
  let sent = 0;
  let unsure = 0;
  return {
    get sent() {
      return sent;
    },
    moved(bytes) {
      if (bytes < 0) {
        // The next try has another connection.
        fillsUntil = undefined;
        sent = 0;
        unsure = 0;
        return 0;
      }
      const time = now();
      fillsUntil ??= time + FILL_MS;
      sent += bytes;
      if (time >= fillsUntil) return bytes;
      unsure += bytes;
      return 0;
    },
    answered: () => unsure,
    paused() {
      fillsUntil = undefined;
    },
  };
}
