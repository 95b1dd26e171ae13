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

/** After which a body has more to read, or nothing more. */
const EVENTS = ['readable', 'end', 'error', 'close'];

/**
 * Yields the chunks of a body that arrives without long pauses. The body is left as it is when its reader stops early,
 * because an answer still has to be sent on the same connection.
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
    // A connection can break after its reader has stopped: an error that nobody listens to would end the process.
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
