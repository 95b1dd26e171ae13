import type { Clock, StallGuard } from '../wire/retry.ts';

/** Bounds the rate of all bodies together. */
export interface RateLimit {
  /** Maximum bytes to take at once, so that the flow is even. */
  readonly pieceBytes: number;
  /** Resolves when `bytes` can be sent. */
  take(bytes: number): Promise<void>;
}

/** Maximum time of a piece at the full rate, milliseconds. The smallest piece can take longer. */
const LIMITED_PIECE_MS = 250;
const MIN_LIMITED_PIECE = 1024;

/** @param rate bytes a second, for all bodies that share the limit. */
export function createRateLimit(rate: number, clock: Clock, signal: AbortSignal): RateLimit {
  let free = clock.now();
  return {
    pieceBytes: Math.max(MIN_LIMITED_PIECE, Math.floor((rate * LIMITED_PIECE_MS) / 1000)),
    async take(bytes) {
      const now = clock.now();
      const begins = Math.max(now, free);
      free = begins + (bytes / rate) * 1000;
      if (begins > now) await clock.sleep(begins - now, signal);
    },
  };
}

/** Bytes that are written at once: few on a slow link, so that each write shows progress. */
const MIN_PIECE = 64 * 1024;
const MAX_PIECE = 1024 * 1024;

/** If the socket takes a piece in less than this, the next one has twice its size. Milliseconds. */
const QUICK_MS = 100;

export interface OutflowOptions {
  readonly guard: StallGuard;
  readonly now: () => number;
  readonly limit?: RateLimit | undefined;
  /** The time for the response after the last byte, in addition to the guard's limit, milliseconds. */
  readonly answerMs: number;
  /** Called with the bytes that the socket took. */
  readonly onSent?: ((bytes: number) => void) | undefined;
  /** Called when the socket has taken the last byte. */
  readonly onEnd?: () => void;
}

/**
 * Yields a body in pieces that suit the link. The next piece is taken when the socket has room, so the time between two
 * pieces is the network's. The guard is armed then, but not while the disk is read or the rate limit waits.
 */
export async function* outflow(
  body: AsyncIterable<Buffer> | Iterable<Buffer>,
  { guard, now, limit, answerMs, onSent, onEnd }: OutflowOptions,
): AsyncGenerator<Buffer, void, void> {
  let size = MIN_PIECE;
  guard.disarm();
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length; ) {
      const piece = chunk.subarray(at, at + Math.min(size, limit?.pieceBytes ?? size));
      await limit?.take(piece.length);
      const began = now();
      guard.arm();
      yield piece;
      guard.disarm();
      onSent?.(piece.length);
      at += piece.length;
      size = now() - began < QUICK_MS ? Math.min(size * 2, MAX_PIECE) : Math.max(size / 2, MIN_PIECE);
    }
  }
  guard.arm(answerMs);
  onEnd?.();
}
