import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { sameCommand } from '../../same-command.ts';
import { refuseByStackPolicy } from '../checks/stack-policy.ts';
import { type FoundStack, isWhole, type StackResource, type StackWork } from '../find-stack.ts';
import type { Kept } from '../remains.ts';
import { deployedTemplate } from '../template/template.ts';
import { discardPlan, executeChange, planChange, refusing } from './change-set.ts';
import { follow, operationFailure } from './follow.ts';

/** The part of a template that decides what is retained. */
interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
}

interface TemplateResource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly Metadata?: object;
}

export const BUCKET = 'AWS::S3::Bucket';
export const POOL = 'AWS::Cognito::UserPool';

/** Resource types whose content a deployment can keep. */
const DATA_TYPES: readonly string[] = [BUCKET, POOL];

const NAMES = ['bucket', 'log bucket', 'user pool'] as const;

function dataName({ type, logicalId }: StackResource): Kept['type'] {
  if (type !== BUCKET) return 'user pool';
  return logicalId.startsWith('LogBucket') ? 'log bucket' : 'bucket';
}

export function isData({ type }: StackResource): boolean {
  return DATA_TYPES.includes(type);
}

/** Returns the resources with data, by display name, the bucket first. */
export function dataOf(resources: readonly StackResource[]): Pick<Kept, 'type' | 'name'>[] {
  const data = resources
    .filter(isData)
    .flatMap((one) => (one.physicalId === undefined ? [] : [{ type: dataName(one), name: one.physicalId }]));
  return NAMES.flatMap((type) => data.filter((one) => one.type === type));
}

/** Returns the logical ids of the resources that are retained when the stack is deleted. */
export function keptIds(templateBody: string): string[] {
  const { Resources } = JSON.parse(templateBody) as Template;
  return Object.entries(Resources)
    .filter(([, { DeletionPolicy }]) => /^Retain(ExceptOnCreate)?$/.test(DeletionPolicy ?? ''))
    .map(([id]) => id);
}

/** Returns the template with its buckets retained at deletion. */
function keepingBuckets(templateBody: string): string {
  const template = JSON.parse(templateBody) as Template;
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
  const { ui } = work.context;
  const task = 'Setting the stack to keep its buckets';
  if (!isWhole(stack)) {
    throw new UserError(
      'stack_failed',
      `The stack “${work.stackName}” is ${stack.status}: it can no longer be set to keep its buckets.`,
      {
        hint: ['Copy the objects elsewhere, then destroy without --keep-data:', command`edge-upload destroy`],
      },
    );
  }
  ui.event({ type: 'task-started', task });
  const body = await deployedTemplate(work, stack.id);
  const plan = await planChange(work, keepingBuckets(body), 'EXISTING', {
    bucket: stack.outputs.bucket,
  });
  if (plan !== undefined) {
    const surprising = plan.steps.some(({ what, type }) => what !== 'change' || type !== BUCKET);
    if (surprising) {
      await discardPlan(work, plan);
      throw new UserError('stack_failed', 'Keeping the bucket would change more than the bucket.', {
        hint: ['Deploy first, then destroy again:', command`edge-upload deploy`, sameCommand``],
      });
    }
    await refusing(work, plan, () => refuseByStackPolicy(work, stack.id, plan.steps));
    const ending = await follow(work, stack.id, await executeChange(work, plan));
    if (ending.status !== 'UPDATE_COMPLETE') {
      ui.event({ type: 'task-failed', task, detail: ending.status });
      throw operationFailure(work.stackName, 'Updating', ending, 'Nothing was removed.');
    }
  }
  ui.event({ type: 'task-done', task });
}
