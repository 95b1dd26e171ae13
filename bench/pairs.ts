/** One way to do the work. Returns seconds or another measure, without its preparation. */
export type Way = () => Promise<number>;

export interface Measured {
  readonly name: string;
  readonly values: readonly number[];
  readonly median: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? (upper + (sorted[middle - 1] ?? upper)) / 2 : upper;
}

/**
 * Measures several ways in rounds. Each round runs every way once and begins with another one, so that other load on the
 * machine affects all of them.
 */
export async function inRounds(
  rounds: number,
  ways: Readonly<Record<string, Way>>,
  onValue: (name: string, value: number) => void = () => {},
): Promise<readonly Measured[]> {
  const names = Object.keys(ways);
  const values = new Map<string, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(round + turn) % names.length] ?? '';
      const value = await (ways[name]?.() ?? Promise.reject(new Error(`no way ${name}`)));
      values.get(name)?.push(value);
      onValue(name, value);
    }
  }
  return [...values].map(([name, all]) => ({ name, values: all, median: median(all) }));
}

/** Returns the median of the rounds' ratios. Other load in a round affects both sides of its ratio. */
export function pairedRatio(ours: Measured, theirs: Measured): number {
  return median(ours.values.map((value, round) => value / (theirs.values[round] ?? Number.NaN)));
}
