/** What a run costs or achieves: seconds, bytes, or bytes per second. */
export type Quantity = 'wall' | 'processor' | 'cloud' | 'memory' | 'rate';

/** The values of one run. */
export type Reading = Readonly<Partial<Record<Quantity, number>>>;

/** One way to do the work, with a reading for each round. */
export interface Series {
  readonly way: string;
  /** Set for another program that does the same work. */
  readonly peer?: true;
  /** What a peer skips of the work. */
  readonly skips?: string;
  readonly readings: readonly Reading[];
}

/** A value with a limit. */
export interface Goal {
  readonly what: string;
  readonly value: number;
  readonly unit: 'ratio' | 'seconds' | 'bytes';
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** The outcome of one measurement. */
export interface Figures {
  readonly series: readonly Series[];
  readonly goals: readonly Goal[];
}

/** A measurement as stored in `bench/results/`. */
export interface Result extends Figures {
  /** `YYYY-MM-DD` */
  readonly date: string;
  /** Processors and versions. */
  readonly machine: string;
}

export type Results = Readonly<Record<string, Result>>;

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Returns a quantile, interpolated between the two nearest values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/** Returns the values of one quantity, in the order of the rounds; empty if it was not measured. */
export function valuesOf({ readings }: Series, quantity: Quantity): number[] {
  return readings.flatMap(({ [quantity]: value }) => (value === undefined ? [] : [value]));
}

/** Returns the ratio of ours to theirs for each round. Other load in a round affects both. */
export function ratios(ours: Series, theirs: Series, quantity: Quantity): number[] {
  const others = valuesOf(theirs, quantity);
  return valuesOf(ours, quantity).map((value, round) => value / (others[round] ?? Number.NaN));
}

export function isReached({
  value,
  atMost = Number.POSITIVE_INFINITY,
  atLeast = Number.NEGATIVE_INFINITY,
}: Goal): boolean {
  return value <= atMost && value >= atLeast;
}

/**
 * Returns limits for the median ratio of our way, the first series, to each peer. A peer that is not installed is
 * skipped.
 * @param asked The maximum ratio by peer.
 */
export function againstPeers(
  series: readonly Series[],
  quantity: Quantity,
  asked: Readonly<Record<string, number>>,
): Goal[] {
  const [ours] = series;
  if (ours === undefined) return [];
  return Object.entries(asked).flatMap(([way, atMost]) => {
    const theirs = series.find((one) => one.way === way);
    if (theirs === undefined) return [];
    const value = median(ratios(ours, theirs, quantity));
    return { what: `${LABELS[quantity]} ÷ ${way}`, value, unit: 'ratio', atMost } as const;
  });
}

export const LABELS: Readonly<Record<Quantity, string>> = {
  wall: 'wall time',
  processor: 'processor time',
  cloud: "embedded cloud's processor time",
  memory: 'peak memory',
  rate: 'rate',
};
