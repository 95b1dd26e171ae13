import type { Reading, Series } from './figures.ts';

/** One way to do the work. */
export interface Way extends Omit<Series, 'way' | 'readings'> {
  /** Does the work once. Preparations are not measured. */
  readonly run: () => Promise<Reading>;
}

/**
 * Measures several ways in rounds. Each round runs every way once, starting with a different one, so that other load on
 * the machine affects all of them.
 */
export async function inRounds(
  rounds: number,
  ways: Readonly<Record<string, Way>>,
  onReading: (way: string, reading: Reading) => void = () => {},
): Promise<readonly Series[]> {
  const all = Object.entries(ways).map(([name, way]) => ({ name, way, readings: [] as Reading[] }));
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < all.length; turn += 1) {
      const one = all[(round + turn) % all.length];
      if (one === undefined) continue;
      const reading = await one.way.run();
      one.readings.push(reading);
      onReading(one.name, reading);
    }
  }
  return all.map(({ name, way: { run: _, ...about }, readings }) => ({ way: name, ...about, readings }));
}
