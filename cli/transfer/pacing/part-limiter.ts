import type { Clock } from '../wire/retry.ts';

export interface PartLimiterOptions {
  /** Maximum parts under way. */
  readonly most: number;
  /** Bytes a second that the command is allowed to send. */
  readonly limitRate?: number | undefined;
  readonly clock: Pick<Clock, 'now'>;
}

const FIRST = 4;
const FEWEST = 2;

/** Parts that take less than this are quick: if they are lost, they are soon sent again. Milliseconds. */
const QUICK_MS = 4_000;
/** 5 MiB a second, in bytes a millisecond. Four connections that are faster may fill the link, or keep the processors busy. */
const FAST = (5 * 1024 ** 2) / 1000;
/** The shortest measurement, milliseconds: other programs change the rate from moment to moment. */
const MEASURED_MS = 300;
/** Maximum time that a part should take, milliseconds. */
const LONG_MS = 30_000;
/** Links change: after this time, more parts are tried again. Milliseconds. */
const RETRY_MS = 30_000;
/** At most the bytes that a rate limit sends in this time are under way, milliseconds. */
const LIMITED_MS = 5_000;

/** Bytes of a part that the system's buffers take at once. Later they take a burst whenever some of them are free. */
const BUFFERED = 2.5 * 1024 ** 2;
/** Two bursts are further apart than this, milliseconds. */
const PAUSE_MS = 100;
/** Bytes for each part under way after which a link is known to be quick. */
const ENOUGH = 1024 ** 2;

interface Part {
  readonly size: number;
  readonly began: number;
  sent: number;
  movedAt: number;
  /** When the last burst began, and the bytes sent before it. */
  burst?: { readonly at: number; readonly sent: number } | undefined;
}

/** Bytes of single parts since a change of the limit, and the time that the link took for them. */
interface Measurement {
  readonly since: number;
  bytes: number;
  milliseconds: number;
}

/**
 * Limits the parts under way, of all files of a command together. Starts with four parts. If parts are quick but each
 * connection is slow, it allows all. Otherwise it adds parts, and returns to the previous number if the total rate has
 * not risen enough. It allows fewer if parts take too long. Parts under way are never paused.
 */
export class PartLimiter {
  readonly #options: PartLimiterOptions;
  readonly #now: () => number;
  readonly #waiting: { readonly size: number; readonly begin: (part: Part) => void }[] = [];
  readonly #active = new Set<Part>();
  #limit: number;
  /** Parts that the next growth adds. */
  #step = 1;
  /** All connections share one rate. */
  #isShared = false;
  /** When more parts are tried again. */
  #retryAt = 0;
  /** The limit before the last growth, and how long a part took then. */
  #before: { readonly limit: number; readonly partMs: number } | undefined;
  #measured: Measurement;

  constructor(options: PartLimiterOptions) {
    this.#options = options;
    this.#now = options.clock.now;
    this.#limit = Math.min(FIRST, options.most);
    this.#measured = this.#measurement();
  }

  /**
   * Runs `work` as soon as another part of `size` bytes is allowed.
   * @param work gets a function that counts the bytes which the socket took; negative for those of a failed attempt.
   */
  async run<T>(size: number, work: (onSent: (bytes: number) => void) => Promise<T>): Promise<T> {
    const part = await new Promise<Part>((begin) => {
      this.#waiting.push({ size, begin });
      this.#admit();
    });
    try {
      const value = await work((bytes) => this.#count(part, bytes));
      if (part.began >= this.#measured.since) this.#measure(part, size, this.#now() - part.began);
      return value;
    } finally {
      this.#active.delete(part);
      this.#admit();
    }
  }

  /** Begins the waiting parts that are allowed, in the order of their calls. */
  #admit(): void {
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined || this.#active.size >= this.#allowed(next.size)) return;
      this.#waiting.shift();
      const part = { size: next.size, began: this.#now(), sent: 0, movedAt: this.#now() };
      this.#active.add(part);
      next.begin(part);
    }
  }

  #allowed(size: number): number {
    const { most, limitRate } = this.#options;
    const limited = limitRate === undefined ? most : Math.floor((limitRate * LIMITED_MS) / 1000 / size);
    return Math.min(this.#limit, Math.max(1, limited));
  }

  /** Counts bytes that the socket took. They measure the link once the system's buffers are full. */
  #count(part: Part, bytes: number): void {
    const { burst, sent, movedAt } = part;
    const now = this.#now();
    part.movedAt = now;
    part.sent += bytes;
    if (bytes < 0) {
      part.burst = undefined;
    } else if (sent >= BUFFERED && now - movedAt > PAUSE_MS) {
      // Between the beginnings of two bursts, the link carried as many bytes as the buffers took.
      part.burst = { at: now, sent };
      if (burst !== undefined) this.#measure(part, sent - burst.sent, now - burst.at);
    }
  }

  #measurement(): Measurement {
    return { since: this.#now(), bytes: 0, milliseconds: 0 };
  }

  /** Adds bytes that the link carried for a part, and adjusts the limit once they are enough. */
  #measure({ size }: Part, bytes: number, milliseconds: number): void {
    const measured = this.#measured;
    measured.bytes += bytes;
    measured.milliseconds += milliseconds;
    const partMs = (size * measured.milliseconds) / measured.bytes;
    const enough = this.#limit * (partMs < QUICK_MS ? ENOUGH : size / 2);
    const isMeasured = measured.bytes >= enough && this.#now() - measured.since >= MEASURED_MS;
    if (this.#waiting.length > 0 && isMeasured) this.#adjust(size, partMs);
  }

  /** Changes the limit by the time that a part takes, in milliseconds. */
  #adjust(size: number, partMs: number): void {
    const { most } = this.#options;
    const last = this.#before;
    this.#before = undefined;
    // On a shared link, parts take longer the more there are. If each connection has its own rate, they do not.
    if (last !== undefined && partMs > last.partMs * Math.sqrt(this.#limit / last.limit)) {
      this.#isShared = true;
      this.#step = 1;
      this.#retryAt = this.#now() + RETRY_MS;
      this.#setLimit(last.limit);
    } else if (partMs > LONG_MS) {
      this.#setLimit(Math.floor((this.#limit * LONG_MS) / partMs));
    } else if (this.#now() < this.#retryAt || this.#limit === most) {
      this.#setLimit(this.#limit);
    } else {
      this.#grow(size, partMs);
    }
  }

  #grow(size: number, partMs: number): void {
    this.#before = { limit: this.#limit, partMs };
    const isFast = size / partMs > FAST;
    if (this.#isShared || partMs >= QUICK_MS) this.#setLimit(this.#limit + this.#step);
    else this.#setLimit(isFast ? this.#limit * 2 : this.#options.most);
    this.#step *= 2;
  }

  #setLimit(parts: number): void {
    const { most } = this.#options;
    this.#limit = Math.max(Math.min(FEWEST, most), Math.min(parts, most));
    this.#measured = this.#measurement();
    this.#admit();
  }
}
