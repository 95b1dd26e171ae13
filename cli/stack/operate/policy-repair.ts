import { asTask } from '../../ui/create.ts';
import { ifAllowed } from '../aws-calls.ts';
import { BUCKET_POLICY, policyDrift, restorePolicy } from '../checks/bucket-policy.ts';
import { stackSnapshot } from '../checks/check.ts';
import type { FoundStack, StackWork } from '../find-stack.ts';
import type { PlannedStep } from './plan.ts';

/** What `deploy --revert-drift` restores itself, because CloudFormation does not plan it. */
export interface PolicyRepair {
  readonly step: PlannedStep;
  /** Runs after CloudFormation's own changes. */
  readonly run: () => Promise<void>;
}

/** Returns the repair of the bucket's policy; `undefined` if it is as deployed, or if the change set changes it. */
export async function policyRepair(
  work: StackWork,
  stack: FoundStack,
  planned: readonly PlannedStep[],
): Promise<PolicyRepair | undefined> {
  if (planned.some(({ type }) => type === BUCKET_POLICY)) return undefined;
  const drift = await ifAllowed(
    () => policyDrift(work, stackSnapshot(work, stack)),
    ({ message }) => {
      const text = `The bucket policy was not compared, and is not restored. ${message}`;
      work.context.ui.event({ type: 'warning', text });
    },
  );
  if (drift === 'denied' || drift?.wanted === undefined) return undefined;
  const { logicalId = '', isDeleted } = drift;
  return {
    step: {
      what: isDeleted ? 'add' : 'change',
      logicalId,
      type: BUCKET_POLICY,
      properties: isDeleted ? [] : ['PolicyDocument'],
    },
    run: () => asTask(work.context.ui, 'Restoring the bucket policy', '', () => restorePolicy(work, drift)),
  };
}
