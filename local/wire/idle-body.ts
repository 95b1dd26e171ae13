import type { Readable } from 'node:stream';

/**
 * Maximum milliseconds that a sender can pause within a body. AWS does not document its limit; about 20 s were observed
 * for S3, but a busy computer running both ends can need longer.
 */
const MAX_PAUSE_MS = 60_000;

interface Limits {
  /** Maximum milliseconds from the first byte to the last. Absent for bodies that can take hours. */
  readonly wholeMs?: number;
  /** Creates the error. */
  readonly tooSlow: () => Error;
}

/** Events after which a body has more to read, or has ended. */
const EVENTS = ['readable', 'end', 'error', 'close'];

/**
 * Yields the chunks of a body that arrives without long pauses. If the reader stops early, the body is not destroyed,
 * because a response must still be sent on the same connection.
 */
export async function* steadyBody(
  body: Readable,
  { wholeMs, tooSlow }: Limits,
): AsyncGenerator<Buffer, undefined, void> {
  const started = performance.now();
  let wake = () => {};
  const changed = () => wake();
  const pause = () =>
    new Promise<void>((resolve, reject) => {
      const left = wholeMs === undefined ? MAX_PAUSE_MS : wholeMs - (performance.now() - started);
      const timer = setTimeout(() => reject(tooSlow()), Math.max(0, Math.min(left, MAX_PAUSE_MS)));
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  for (const event of EVENTS) body.on(event, changed);
  try {
    while (!body.readableEnded) {
      const chunk = readNow(body);
      if (chunk === null) await pause();
      else yield chunk;
    }
    return undefined;
  } finally {
    for (const event of EVENTS) body.off(event, changed);
    // A connection can break after its reader has stopped. An unhandled error would end the process.
    body.on('error', () => {});
  }
}

/** Returns what has arrived; `null` if nothing has. */
function readNow(body: Readable): Buffer | null {
  const chunk: Buffer | null = body.destroyed ? null : body.read();
  if (chunk !== null) return chunk;
  if (body.errored) throw body.errored;
  if (body.destroyed) throw new Error('The body ended early.');
  return null;
}
