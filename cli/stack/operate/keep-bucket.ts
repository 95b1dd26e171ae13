import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { sameCommand } from '../../same-command.ts';
import { refuseByStackPolicy } from '../checks/stack-policy.ts';
import { type FoundStack, isWhole, type StackWork } from '../find-stack.ts';
import { deployedTemplate } from '../template/template.ts';
import { executeChange, planChange, refusing } from './change-set.ts';
import { operationFailure, runOperation } from './follow.ts';
import { BUCKET, type RetainingTemplate } from './inventory.ts';

/** Returns the template with its buckets retained at deletion. */
function keepingBuckets(templateBody: string): string {
  const template = JSON.parse(templateBody) as RetainingTemplate;
  const resources = Object.entries(template.Resources).map(([id, resource]) => {
    if (resource.Type !== BUCKET) return [id, resource];
    // CloudFormation ignores an update that changes only a deletion policy, but not changed metadata.
    const Metadata = { ...resource.Metadata, keptBy: 'edge-upload destroy --keep-data' };
    return [id, { ...resource, DeletionPolicy: 'Retain', Metadata }];
  });
  return JSON.stringify({ ...template, Resources: Object.fromEntries(resources) });
}

/** Updates the stack to retain its bucket, even against its options. */
export async function keepBucket(work: StackWork, stack: FoundStack): Promise<void> {
  if (!isWhole(stack)) {
    throw new UserError(
      'stack_failed',
      `The stack “${work.stackName}” is ${stack.status}: it can no longer be set to keep its buckets.`,
      {
        hint: ['Copy the objects elsewhere, then destroy without --keep-data:', command`edge-upload destroy`],
      },
    );
  }
  const body = await deployedTemplate(work, stack.id);
  const plan = await planChange(work, keepingBuckets(body), 'EXISTING', { bucket: stack.outputs.bucket });
  if (plan === undefined) return;
  await refusing(work, plan, async () => {
    if (plan.steps.some(({ what, type }) => what !== 'change' || type !== BUCKET)) {
      throw new UserError('stack_failed', 'Keeping the bucket would change more than the bucket.', {
        hint: ['Deploy first, then destroy again:', command`edge-upload deploy`, sameCommand``],
      });
    }
    await refuseByStackPolicy(work, stack.id, plan.steps);
  });
  const task = 'Setting the stack to keep its buckets';
  const operation = { task, stackId: stack.id, succeeds: ['UPDATE_COMPLETE'] };
  const failed = await runOperation(work, operation, () => executeChange(work, plan));
  if (failed !== undefined)
    throw operationFailure(work.stackName, 'Updating', failed, 'Nothing was removed.');
}
