import type { Faults } from '../faults.ts';

/** Asked before each conditional CompleteMultipartUpload: whether tests have it meet another write of its key. */
export type Conflicts = () => boolean;

export const noConflicts: Conflicts = () => false;

/** Counts down what the faults ask for. */
export function conflictsOf(faults: () => Faults): Conflicts {
  return () => {
    const current = faults();
    const left = current.completeConflicts ?? 0;
    if (left > 0) current.completeConflicts = left - 1;
    return left > 0;
  };
}
