import type { Clock } from '../wire/retry.ts';

/** Limits the parts under way, of all files of a command together. */
export interface PartLimiter {
  /**
   * Runs `work` as soon as another part of `size` bytes is allowed.
   * @param work gets a function that counts the bytes which the socket took; negative for those of a failed attempt.
   */
  run<T>(size: number, work: (onSent: (bytes: number) => void) => Promise<T>): Promise<T>;
}

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

/**
 * Creates a limiter that starts with four parts. If parts are quick but each connection is slow, it allows all.
 * Otherwise it adds parts, and returns to the previous number if the total rate has not risen enough. It allows fewer
 * if parts take too long. Parts under way are never paused.
 */
export function createPartLimiter({ most, limitRate, clock: { now } }: PartLimiterOptions): PartLimiter {
  const waiting: { readonly size: number; readonly begin: () => void }[] = [];
  const active = new Set<Part>();
  let limit = Math.min(FIRST, most);
  let step = 1;
  let sharing = false;
  let retryAt = 0;
  /** The limit before the last growth, and how long a part took then. */
  let before: { readonly limit: number; readonly partMs: number } | undefined;
  /** Bytes of single parts, and the time that the link took for them. */
  let measured = { since: now(), bytes: 0, milliseconds: 0 };

  const allowed = (size: number) => {
    const limited = limitRate === undefined ? most : Math.floor((limitRate * LIMITED_MS) / 1000 / size);
    return Math.min(limit, Math.max(1, limited));
  };

  const admit = () => {
    for (let [next] = waiting; next && active.size < allowed(next.size); [next] = waiting) {
      waiting.shift();
      next.begin();
    }
  };

  const setLimit = (parts: number) => {
    limit = Math.max(Math.min(FEWEST, most), Math.min(parts, most));
    measured = { since: now(), bytes: 0, milliseconds: 0 };
    admit();
  };

  const adjust = (size: number, partMs: number) => {
    const isQuick = partMs < QUICK_MS;
    const last = before;
    before = undefined;
    // On a shared link, parts take longer the more there are. If each connection has its own rate, they do not.
    const isFast = size / partMs > FAST;
    if (last !== undefined && partMs > last.partMs * Math.sqrt(limit / last.limit)) {
      sharing = true;
      step = 1;
      retryAt = now() + RETRY_MS;
      setLimit(last.limit);
    } else if (partMs > LONG_MS) {
      setLimit(Math.floor((limit * LONG_MS) / partMs));
    } else if (now() < retryAt || limit === most) {
      setLimit(limit);
    } else {
      before = { limit, partMs };
      if (isQuick && !sharing) setLimit(isFast ? limit * 2 : most);
      else setLimit(limit + step);
      step *= 2;
    }
  };

  const measure = ({ size }: Part, bytes: number, milliseconds: number) => {
    measured.bytes += bytes;
    measured.milliseconds += milliseconds;
    const partMs = (size * measured.milliseconds) / measured.bytes;
    const enough = limit * (partMs < QUICK_MS ? ENOUGH : size / 2);
    const isMeasured = measured.bytes >= enough && now() - measured.since >= MEASURED_MS;
    if (waiting.length > 0 && isMeasured) adjust(size, partMs);
  };

  const onSent = (part: Part, bytes: number) => {
    const { burst, sent, movedAt } = part;
    part.movedAt = now();
    part.sent += bytes;
    if (bytes < 0) {
      part.burst = undefined;
    } else if (sent >= BUFFERED && now() - movedAt > PAUSE_MS) {
      // Between the beginnings of two bursts, the link carried as many bytes as the buffers took.
      part.burst = { at: now(), sent };
      if (burst !== undefined) measure(part, sent - burst.sent, now() - burst.at);
    }
  };

  return {
    async run(size, work) {
      const part = await new Promise<Part>((go) => {
        const begin = () => {
          const part = { size, began: now(), sent: 0, movedAt: now() };
          active.add(part);
          go(part);
        };
        waiting.push({ size, begin });
        admit();
      });
      try {
        const value = await work((bytes) => onSent(part, bytes));
        if (part.began >= measured.since) measure(part, size, now() - part.began);
        return value;
      } finally {
        active.delete(part);
        admit();
      }
    },
  };
}
