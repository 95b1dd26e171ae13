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
 * Returns the chunks of a body that arrives without long pauses. The body is left as it is when its reader stops early,
 * because an answer still has to be sent on the same connection. Node's own iterator, or a generator, would cost as much
 * as everything else about a small body.
 */
export function steadyBody(body: Readable, limits: Limits): AsyncIterableIterator<Buffer> {
  return new SteadyBody(body, limits);
}

/** After which a body has more to read, or nothing more. */
const EVENTS = ['readable', 'end', 'error', 'close'];

class SteadyBody implements AsyncIterableIterator<Buffer> {
  readonly #body: Readable;
  readonly #limits: Limits;
  readonly #started = performance.now();
  readonly #changed = () => this.#wake?.();
  #wake: (() => void) | undefined;
  #left = false;

  constructor(body: Readable, limits: Limits) {
    this.#body = body;
    this.#limits = limits;
    for (const event of EVENTS) body.on(event, this.#changed);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Buffer, undefined>> {
    try {
      while (!this.#left) {
        const chunk = this.#read();
        if (chunk !== null) return { done: false, value: chunk };
        if (this.#body.readableEnded) break;
        await this.#pause();
      }
      return this.#leave();
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<Buffer, undefined>> {
    return this.#leave();
  }

  /** Returns what has arrived; `null` if nothing has. */
  #read(): Buffer | null {
    const { destroyed, errored, readableEnded } = this.#body;
    const chunk: Buffer | null = destroyed ? null : this.#body.read();
    if (chunk !== null) return chunk;
    if (errored) throw errored;
    if (destroyed && !readableEnded) throw new Error('The body ended early.');
    return null;
  }

  #pause(): Promise<void> {
    const { wholeMs, tooSlow } = this.#limits;
    const left = wholeMs === undefined ? MAX_PAUSE_MS : wholeMs - (performance.now() - this.#started);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(tooSlow()), Math.max(0, Math.min(left, MAX_PAUSE_MS)));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #leave(): IteratorResult<Buffer, undefined> {
    if (!this.#left) {
      this.#left = true;
      this.#wake?.();
      for (const event of EVENTS) this.#body.off(event, this.#changed);
      // A connection can break after its reader has stopped: an error that nobody listens to would end the process.
      this.#body.on('error', () => {});
    }
    return { done: true, value: undefined };
  }
}
