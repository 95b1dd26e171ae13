import { openDeadline } from '../../network/deadline.ts';
import type { Clock } from '../wire/retry.ts';
import { BUFFER_BYTES, createFlow, createGauge, FILL_MS, type Flow, type Window } from './throughput.ts';

/** One part's place among those under way. */
export interface Lane {
  /** Told how many bytes the network took; negative where a failed try's bytes count no longer. */
  readonly moved: (bytes: number) => void;
  /** Ends when more may be sent. */
  readonly turn: () => Promise<void>;
}

/** Takes the parts of all files in turn: few at once at first, and all that may be once that does no harm. */
export interface Lanes {
  /** @param partBytes of the part that `work` sends. */
  run<T>(partBytes: number, work: (lane: Lane) => Promise<T>): Promise<T>;
}

export interface LanesOptions {
  /** Parts under way at once, at most. */
  readonly most: number;
  /** Bytes a second that the whole process may send. */
  readonly limitRate?: number | undefined;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly signal: AbortSignal;
}

/*
 * Parts that share a slow link all end at its end: whoever is killed before has sent much and stored nothing. So few are
 * begun at first. All others follow where the link is fast, for what goes through it in a few seconds is soon sent again, and
 * where each connection has a rate of its own. To tell such a link from a shared one, most lanes pause for a moment, which
 * wastes nothing: on a shared one the others get faster.
 */
const FIRST = 4;
const FEWEST = 2;

/** What may be lost without much harm, milliseconds of sending; the second where the rate is known beforehand. */
const LOSS_MS = 13_000;
const LIMITED_LOSS_MS = 5_000;

/** Links change: what was found out is doubted after a while. */
const AGAIN_MS = 30_000;

const SOON: Window = { leastMs: 1_000, bytes: Number.POSITIVE_INFINITY, mostMs: 3_000 };
const alone = (lanes: number): Window => ({ ...SOON, bytes: BUFFER_BYTES * lanes });
/** Buffers take bytes in bursts, and parts end together: it takes many of both where a window begins at any moment. */
const patient = (lanes: number): Window => ({
  leastMs: 6_000,
  bytes: 4 * BUFFER_BYTES * lanes,
  mostMs: 20_000,
});

/** Buffers empty for so long at most, milliseconds. */
const MAX_DRAIN_MS = 6_000;
/**
 * Those that pause go on after this, whatever the others moved: 12 s in all at most. S3 closes a connection that moves
 * nothing (`RequestTimeout`, which is tried again); its limit is not documented, and is seen to be about 20 s.
 */
const MAX_ALONE_MS = 2 * SOON.mostMs;

/** Most lanes pause. */
interface Trial {
  readonly kept: ReadonlySet<Flow>;
  /** Lanes there were before, and what they moved, bytes a millisecond. */
  readonly lanes: number;
  readonly rate: number;
  readonly over: Promise<void>;
  readonly end: () => void;
}

export function createLanes({ most, limitRate, clock, signal }: LanesOptions): Lanes {
  const waiting: (() => void)[] = [];
  const busy = new Set<Flow>();
  const gauge = createGauge(clock.now, SOON, FILL_MS / 2);
  let partBytes = 1;
  let begun = 0;
  /** `undefined` while nothing is known of the link. */
  let found: number | undefined;
  let trial: Trial | undefined;
  let tryAgainAt = 0;

  const partsIn = (rate: number, milliseconds: number) => (rate * milliseconds) / partBytes;
  const cap = () =>
    limitRate === undefined
      ? most
      : Math.min(most, Math.max(1, Math.ceil(partsIn(limitRate / 1000, LIMITED_LOSS_MS))));
  // Of a file of few parts, half are to be stored when half is sent.
  const first = () => Math.min(FIRST, Math.max(FEWEST, Math.ceil(begun / 2)));
  const width = () => Math.min(found ?? first(), cap());

  const admit = () => {
    while (trial === undefined && waiting.length > 0 && busy.size < width()) waiting.shift()?.();
  };

  const settle = (lanes: number) => {
    found = lanes;
    admit();
  };

  const count = (bytes: number) => {
    // There is nothing to be gained by knowing more.
    if (width() >= cap()) return;
    const reading = gauge.count(bytes);
    if (reading === undefined) return;
    const { rate, whole } = reading;
    if (trial === undefined && partsIn(rate, LOSS_MS) >= 2 * width()) settle(most);
    else if (whole) judge(rate);
  };

  const judge = (rate: number) => {
    gauge.begin(patient(busy.size), clock.now());
    const harmless = Math.floor(partsIn(rate, LOSS_MS));
    if (trial !== undefined) conclude(trial, rate);
    else if (harmless > width()) settle(harmless);
    else if (clock.now() >= tryAgainAt && waiting.length > 0) pauseMost(rate);
  };

  const pauseMost = (rate: number) => {
    // Those with the most left to send go on; one that has sent nothing may be waiting for its next try.
    const moving = [...busy].filter(({ sent }) => sent > 0).sort((a, b) => a.sent - b.sent);
    if (moving.length < 2) return;
    const kept = new Set(moving.slice(0, Math.max(1, Math.floor(moving.length / 4))));
    const pausing = [...busy].filter((flow) => !kept.has(flow));
    // What their buffers hold goes on taking its share of the link.
    const buffered = pausing.reduce((sum, { sent }) => sum + Math.min(sent, BUFFER_BYTES), 0);
    const share = 1 - kept.size / moving.length;
    const drainMs = Math.min(MAX_DRAIN_MS, buffered / (rate * share));
    const pause = openDeadline(signal);
    let ended = false;
    const end = () => {
      trial = undefined;
      ended = true;
      pause.abort();
      pause.end();
      for (const flow of pausing) flow.paused();
    };
    const giveUp = () => {
      if (!ended) breakOff();
    };
    const over = clock.sleep(drainMs + MAX_ALONE_MS, pause.signal).then(giveUp, giveUp);
    trial = { kept, lanes: moving.length, rate, over, end };
    gauge.begin(alone(kept.size), clock.now() + drainMs);
  };

  const conclude = ({ lanes, kept, rate: together, end }: Trial, rate: number) => {
    end();
    tryAgainAt = clock.now() + AGAIN_MS;
    // Nearer to what lanes with rates of their own would have moved than to what a shared link does.
    const own = (together / rate) ** 2 > lanes / kept.size;
    settle(own ? most : Math.max(FEWEST, Math.min(width(), Math.ceil(partsIn(together, LOSS_MS)))));
  };

  const breakOff = () => {
    trial?.end();
    gauge.begin(patient(busy.size), clock.now());
    admit();
  };

  const place = (flow: Flow) =>
    new Promise<void>((go) => {
      waiting.push(() => {
        busy.add(flow);
        go();
      });
      admit();
    });

  return {
    async run(bytes, work) {
      partBytes = bytes;
      begun += 1;
      const flow = createFlow(clock.now);
      await place(flow);
      try {
        const value = await work({
          moved: (bytes) => {
            if (bytes < 0 && trial?.kept.has(flow)) breakOff();
            count(flow.moved(bytes));
          },
          turn: async () => {
            if (trial !== undefined && !trial.kept.has(flow)) await trial.over;
          },
        });
        count(flow.answered());
        return value;
      } finally {
        busy.delete(flow);
        if (trial?.kept.has(flow)) breakOff();
        else admit();
      }
    },
  };
}
