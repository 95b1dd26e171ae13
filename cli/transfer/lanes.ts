/** Takes the parts of all files in turn: few at once at first, and more as long as more of them bring more. */
export interface Lanes {
  /** @param partBytes of the part that `work` sends; what the network took of it goes to `moved`. */
  run<T>(partBytes: number, work: (moved: (bytes: number) => void) => Promise<T>): Promise<T>;
}

export interface LanesOptions {
  /** Parts under way at once, at most. */
  readonly most: number;
  /** Bytes a second that the whole process may send. */
  readonly limitRate?: number | undefined;
  /** Milliseconds of a steady clock. */
  readonly now: () => number;
}

/*
 * Parts that share a slow link all end at its end: whoever is killed before has sent much and stored nothing. So no more are
 * begun than fill the link, which can only be found out by trying: when twice as many move little more, it was full. A fast
 * link needs no trying: what goes through it in a few seconds is soon sent again.
 */
const FIRST = 2;
/** What may be lost without harm, milliseconds of sending. */
const LOSS_MS = 10_000;
/** Throughput is measured for so long, and until so much was moved. */
const WINDOW_MS = 300;
const WINDOW_BYTES = 1024 * 1024;
/** Twice as many parts that move this much more are worth it. */
const GAIN = 1.25;
/** Links change: widening that brought nothing is tried again after a while. */
const AGAIN_MS = 15_000;

interface Lane {
  moving: boolean;
}

export function createLanes({ most, limitRate, now }: LanesOptions): Lanes {
  const waiting: (() => void)[] = [];
  const busy = new Set<Lane>();
  let width = Math.min(FIRST, most);
  let partBytes = 1;
  /** New connections have to come about, and buffers to fill, before a window says anything. */
  let settling = true;
  /** Those of the lanes there were when it began that have not moved a byte yet. */
  let starting: Set<Lane> | undefined;
  let began = now();
  let moved = 0;
  /** The width and the throughput before the widening that is being tried. */
  let before: { readonly width: number; readonly rate: number } | undefined;
  let tryAgainAt = 0;

  const forMs = (rate: number, milliseconds: number) => (rate * milliseconds) / partBytes;
  const cap = () =>
    limitRate === undefined ? most : Math.min(most, Math.max(1, Math.ceil(forMs(limitRate / 1000, LOSS_MS))));

  const admit = () => {
    while (waiting.length > 0 && busy.size < Math.min(width, cap())) waiting.shift()?.();
  };

  const measure = (bytes: number) => {
    const time = now();
    moved += bytes;
    if (settling) {
      starting ??= new Set(busy);
      for (const lane of starting) if (lane.moving || !busy.has(lane)) starting.delete(lane);
      if (starting.size > 0) {
        began = time;
        moved = 0;
        return;
      }
    }
    if (time - began < WINDOW_MS || moved < WINDOW_BYTES) return;
    const rate = moved / (time - began);
    began = time;
    moved = 0;
    // So much at once is more than buffers take.
    if (!settling || forMs(rate, LOSS_MS) >= most) judge(rate, time);
    else settling = false;
  };

  const judge = (rate: number, time: number) => {
    if (before !== undefined && rate < GAIN * before.rate) {
      width = before.width;
      tryAgainAt = time + AGAIN_MS;
    }
    before = undefined;
    const harmless = Math.min(most, Math.floor(forMs(rate, LOSS_MS)));
    // Where nobody waits, or more are under way than are to be, nothing can be learned.
    const tries = time >= tryAgainAt && waiting.length > 0 && busy.size === width && width < cap();
    if (harmless > width) width = harmless;
    else if (tries) {
      before = { width, rate };
      width = Math.min(most, 2 * width);
      settling = true;
      starting = undefined;
    }
    admit();
  };

  return {
    async run(bytes, work) {
      partBytes = bytes;
      const lane = { moving: false };
      if (waiting.length > 0 || busy.size >= Math.min(width, cap())) {
        await new Promise<void>((go) =>
          waiting.push(() => {
            busy.add(lane);
            go();
          }),
        );
      } else busy.add(lane);
      try {
        return await work((bytes) => {
          lane.moving = true;
          if (bytes > 0) measure(bytes);
        });
      } finally {
        busy.delete(lane);
        admit();
      }
    },
  };
}
