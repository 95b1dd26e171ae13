import { type FileStamp, isSameStamp } from '../transfer/sources/file-stamp.ts';

/** Maximum number of held files. The oldest hold is dropped first. */
const MAX_HELD = 10_000;
const FIRST_HOLD_MS = 10_000;
const LONGEST_HOLD_MS = 3_600_000;

interface Hold {
  readonly stamp: FileStamp;
  readonly forMs: number;
  readonly until: number;
}

/** Files whose upload failed. Each is retried after a pause that doubles with every failure, or once it changes. */
export class Holds {
  readonly #now: () => number;
  readonly #held = new Map<string, Hold>();

  /** @param now milliseconds of a monotonic clock */
  constructor(now: () => number) {
    this.#now = now;
  }

  has(path: string, stamp: FileStamp): boolean {
    const hold = this.#held.get(path);
    return hold !== undefined && isSameStamp(hold.stamp, stamp) && this.#now() < hold.until;
  }

  add(path: string, stamp: FileStamp): void {
    const before = this.#held.get(path);
    this.#held.delete(path);
    const forMs = before === undefined ? FIRST_HOLD_MS : Math.min(LONGEST_HOLD_MS, 2 * before.forMs);
    const [oldest] = this.#held.keys();
    if (this.#held.size >= MAX_HELD && oldest !== undefined) this.#held.delete(oldest);
    this.#held.set(path, { stamp, forMs, until: this.#now() + forMs });
  }

  remove(path: string): void {
    this.#held.delete(path);
  }
}
