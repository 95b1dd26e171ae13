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
 * answer still has to go out on the same connection.
 */
export async function* steadyBody(body: Readable, { wholeMs, tooSlow }: Limits): AsyncGenerator<Buffer> {
  const source: AsyncIterator<Buffer> = body.iterator({ destroyOnReturn: false });
  const started = performance.now();
  let timer: NodeJS.Timeout | undefined;
  try {
    for (;;) {
      const left = wholeMs === undefined ? MAX_PAUSE_MS : wholeMs - (performance.now() - started);
      const { promise, reject } = rejectable();
      timer = setTimeout(() => reject(tooSlow()), Math.max(0, Math.min(left, MAX_PAUSE_MS)));
      const next = await Promise.race([source.next(), promise]);
      clearTimeout(timer);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    clearTimeout(timer);
    // Behind a read that never ended this would wait for ever; how the body ends then is its connection's affair.
    source.return?.().catch(() => undefined);
  }
}

function rejectable(): { promise: Promise<never>; reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<never>((_, fail) => {
    reject = fail;
  });
  return { promise, reject };
}
