import type { Figures, Reading } from './figures.ts';
import type { Stage } from './stage.ts';

/** How a measurement is run. */
interface Run {
  readonly stage: Stage;
  /** Number of rounds. Default: the measurement's own. */
  readonly rounds: number | undefined;
  /** Called with each reading. */
  readonly onReading: (way: string, reading: Reading) => void;
}

export type Measure = (run: Run) => Promise<Figures>;

export const MIB = 1024 ** 2;
export const GIB = 1024 ** 3;
