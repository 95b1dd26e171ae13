import type { Readable } from 'node:stream';

/**
 * How long a sender may pause within a body, milliseconds. AWS does not document its own limit; S3's is seen to be
 * about 20 s, which a busy computer that runs both ends may need for itself.
 */
const MAX_PAUSE_MS = 60_000;

interface Limits {
  /** From the first byte to the last, milliseconds; absent where a body may take hours. */
  readonly wholeMs?: number;
  /** Makes the refusal. */
  readonly tooSlow: () => Error;
}

/**
 * The chunks of a body that arrives without long pauses. The body is left as it is when its reader stops early, since an
 * answer still has to go out on the same connection. Reads the body itself, because an iterator of Node costs as much as
 * the rest of a small upload's body.
 */
export async function* steadyBody(body: Readable, { wholeMs, tooSlow }: Limits): AsyncGenerator<Buffer> {
  const started = performance.now();
  let wake: () => void = () => {};
  const changed = () => wake();
  for (const event of EVENTS) body.on(event, changed);
  const pause = () =>
    new Promise<void>((resolve, reject) => {
      const left = wholeMs === undefined ? MAX_PAUSE_MS : wholeMs - (performance.now() - started);
      const timer = setTimeout(() => reject(tooSlow()), Math.max(0, Math.min(left, MAX_PAUSE_MS)));
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  try {
    for (;;) {
      const chunk: Buffer | null = body.destroyed ? null : body.read();
      if (chunk !== null) yield chunk;
      else if (body.errored) throw body.errored;
      else if (body.readableEnded) return;
      else if (body.destroyed) throw new Error('The body ended early.');
      else await pause();
    }
  } finally {
    wake();
    for (const event of EVENTS) body.off(event, changed);
    // A connection can break after its reader has stopped: an error that nobody listens to would end the process.
    body.on('error', () => {});
  }
}

/** After which a body has more to read, or nothing more. */
const EVENTS = ['readable', 'end', 'error', 'close'];
