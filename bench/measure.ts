import type { Stage } from './stage.ts';

/** How a measurement is run. */
interface Run {
  readonly stage: Stage;
  /** Rounds; absent: the measurement's own number. */
  readonly rounds: number | undefined;
  /** Called with each value. */
  readonly onValue: (way: string, value: number) => void;
}

/** A measurement. Returns its Markdown table. */
export type Measure = (run: Run) => Promise<string>;

export const MIB = 1024 ** 2;
export const GIB = 1024 ** 3;
