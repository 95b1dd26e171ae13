import { randomUUID } from 'node:crypto';
import type {
  Change,
  CreateChangeSetCommandInput,
  CreateChangeSetCommandOutput,
  DescribeChangeSetCommandOutput,
  Tag,
} from '@aws-sdk/client-cloudformation';
import { UserError } from '../../errors.ts';
import { checkpoint, creating, pause } from '../../network/cancellation.ts';
import { formatDuration } from '../../ui/format.ts';
import { onPlan, pages } from '../aws-calls.ts';
import { pollInterval, type StackWork } from '../find-stack.ts';
import { withTemplate } from '../template/template.ts';
import { discardPlan, interruptible, UNREADY } from './discard-plan.ts';
import { type PlannedChange, plannedSteps } from './plan.ts';

const NO_CHANGES = /didn't contain changes|No updates are to be performed/;

interface PlanOptions {
  /** Tags of the stack. Absent: they are not changed. */
  readonly tags?: readonly Tag[] | undefined;
  /** Whether to adopt an existing bucket with the name in the template. */
  readonly importsExisting?: boolean;
  /** Whether to compare with the actual resources: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html */
  readonly revertDrift?: boolean;
  /** The stack's bucket, for a template that is too large for the request. */
  readonly bucket?: string | undefined;
}

/**
 * Creates a change set for a template. Returns `undefined` if nothing would change.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html
 */
export async function planChange(
  work: StackWork,
  template: string,
  to: PlannedChange['to'],
  { tags, importsExisting = false, revertDrift = false, bucket }: PlanOptions = {},
): Promise<PlannedChange | undefined> {
  const name = `edge-upload-${randomUUID()}`;
  const { stackId, changeSetId, described } = await withTemplate(work, template, bucket, (source) =>
    interruptible(work, { to, name }, async () => {
      const created = await createChangeSet(work, name, {
        ...source,
        ChangeSetType: to === 'EXISTING' ? 'UPDATE' : 'CREATE',
        Tags: tags && [...tags],
        ImportExistingResources: importsExisting || undefined,
        DeploymentMode: revertDrift && to === 'EXISTING' ? 'REVERT_DRIFT' : undefined,
      });
      const plan = { to, stackId: created.StackId ?? '', changeSetId: created.Id ?? '' };
      const described = await settled(work, plan.changeSetId).catch(async (error: UserError) => {
        // Ctrl-C waits until the change set can be deleted.
        if (error.code !== 'interrupted') await discardPlan(work, plan);
        throw error;
      });
      return { ...plan, stackId: described.StackId ?? plan.stackId, described };
    }),
  );
  if (described.Status === 'CREATE_COMPLETE') {
    const plan = { to, stackId, changeSetId };
    const changes = await refusing(work, plan, () => changesOf(work, changeSetId, described));
    return { ...plan, steps: plannedSteps(changes) };
  }
  await discardPlan(work, { to, stackId, changeSetId });
  if (NO_CHANGES.test(described.StatusReason ?? '')) return undefined;
  throw new UserError(
    'stack_failed',
    `CloudFormation cannot plan the change of the stack “${work.stackName}”: ${described.StatusReason ?? described.Status}`,
    { hint: 'Nothing was changed. Run the same command again with --debug to see more.' },
  );
}

async function createChangeSet(
  work: StackWork,
  name: string,
  input: Partial<CreateChangeSetCommandInput>,
): Promise<CreateChangeSetCommandOutput> {
  const { clients, stackName, context } = work;
  const { CreateChangeSetCommand } = await import('@aws-sdk/client-cloudformation');
  const create = new CreateChangeSetCommand({
    StackName: stackName,
    ChangeSetName: name,
    // A request that is sent again over a new connection counts as the same request.
    ClientToken: name,
    Capabilities: ['CAPABILITY_IAM'],
    Description: 'edge-upload deploy',
    ...input,
  });
  return creating(context.signal, (bounds) =>
    onPlan(work, `Planning the change of the stack “${stackName}”`, () =>
      clients.cloudformation.send(create, bounds),
    ),
  );
}

/** Milliseconds. Change sets usually take seconds. */
const PLANNING_MS = 15 * 60_000;

/** Returns all changes of a change set. A response has at most 100. */
async function changesOf(
  { clients, context: { signal } }: StackWork,
  changeSetId: string,
  first: DescribeChangeSetCommandOutput,
): Promise<Change[]> {
  const changes = [...(first.Changes ?? [])];
  if (first.NextToken === undefined) return changes;
  const { DescribeChangeSetCommand } = await import('@aws-sdk/client-cloudformation');
  const rest = pages({
    doing: 'Reading the change set',
    signal,
    ask: (NextToken: string | undefined = first.NextToken) =>
      clients.cloudformation.send(new DescribeChangeSetCommand({ ChangeSetName: changeSetId, NextToken })),
    next: ({ NextToken }) => NextToken,
  });
  for await (const { Changes = [] } of rest) changes.push(...Changes);
  return changes;
}

async function settled(work: StackWork, changeSetId: string): Promise<DescribeChangeSetCommandOutput> {
  const { DescribeChangeSetCommand } = await import('@aws-sdk/client-cloudformation');
  const since = work.context.now().getTime();
  for (;;) {
    const described = await onPlan(work, 'Reading the change set', () =>
      work.clients.cloudformation.send(new DescribeChangeSetCommand({ ChangeSetName: changeSetId })),
    );
    if (!UNREADY.test(described.Status ?? '')) return described;
    if (work.context.now().getTime() - since > PLANNING_MS) {
      throw new UserError(
        'gave_up',
        `CloudFormation did not plan the change within ${formatDuration(PLANNING_MS)}.`,
        { hint: 'Nothing was changed. Run the same command again.' },
      );
    }
    await pause(pollInterval(work), work.context.signal, 'Nothing was changed. Run the same command again.');
  }
}

/** Starts a planned change, or discards it after Ctrl-C. Returns the token in its events. */
export async function executeChange(work: StackWork, plan: PlannedChange): Promise<string> {
  const { clients, context } = work;
  const { ExecuteChangeSetCommand } = await import('@aws-sdk/client-cloudformation');
  const token = `edge-upload-${randomUUID()}`;
  const execute = new ExecuteChangeSetCommand({ ChangeSetName: plan.changeSetId, ClientRequestToken: token });
  await refusing(work, plan, async () => checkpoint(context.signal));
  await creating(context.signal, (bounds) =>
    onPlan(work, 'Applying the change', () => clients.cloudformation.send(execute, bounds)),
  );
  return token;
}

/** Runs a check of a plan, or a question about it. Discards the plan if that fails. */
export async function refusing<T>(
  work: StackWork,
  plan: Omit<PlannedChange, 'steps'>,
  check: () => Promise<T>,
): Promise<T> {
  try {
    return await check();
  } catch (error) {
    await discardPlan(work, plan);
    throw error;
  }
}
