import type { Clock } from '../wire/retry.ts';

/** Shares out bandwidth to everything that sends. */
export interface RateLimit {
  /** Most bytes to ask for at once, so that the flow is even. */
  readonly pieceBytes: number;
  /** Ends when `bytes` may go out. */
  take(bytes: number): Promise<void>;
}

/** A piece takes this long at most at the full rate, milliseconds; the smallest piece may take longer. */
const PIECE_MS = 250;
const MIN_PIECE = 1024;

/** @param rate bytes a second, of all that share the limit. */
export function createRateLimit(rate: number, clock: Clock, signal: AbortSignal): RateLimit {
  let free = clock.now();
  return {
    pieceBytes: Math.max(MIN_PIECE, Math.floor((rate * PIECE_MS) / 1000)),
    async take(bytes) {
      const now = clock.now();
      const begins = Math.max(now, free);
      free = begins + (bytes / rate) * 1000;
      if (begins > now) await clock.sleep(begins - now, signal);
    },
  };
}
