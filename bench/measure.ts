import type { Stage } from './stage.ts';

/** How a measurement is run. */
interface Run {
  readonly stage: Stage;
  /** How often each way is done; each measurement has its own usual number. */
  readonly rounds: number | undefined;
  /** Told of each value as it comes. */
  readonly onValue: (way: string, value: number) => void;
}

/** One measurement; gives its Markdown table. */
export type Measure = (run: Run) => Promise<string>;

export const MIB = 1024 ** 2;
export const GIB = 1024 ** 3;
