import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  Change,
  CreateChangeSetCommandInput,
  DescribeChangeSetCommandInput,
  DescribeChangeSetCommandOutput,
  Tag,
} from '@aws-sdk/client-cloudformation';
import { command } from '../../command-line.ts';
import { isUserError, UserError } from '../../errors.ts';
import { STACK_REGION } from '../../network/aws.ts';
import { checkpoint, cleanUp, creating, pause } from '../../network/cancellation.ts';
import { formatDuration } from '../../ui/format.ts';
import { isOvertaken, onPlan, pages } from '../aws-calls.ts';
import { awsFailure, unexpectedAwsResponse } from '../aws-failures.ts';
import { pollInterval, type StackWork } from '../find-stack.ts';
import { INLINE_LIMIT_BYTES, withUploadedTemplate } from '../template/uploaded-template.ts';
import { type PlannedChange, plannedSteps } from './plan.ts';

/** A change set, whether or not it is ready. */
type ChangeSet = Omit<PlannedChange, 'steps'>;

/** The member of a request that contains or names a template. */
type TemplateSource = Pick<CreateChangeSetCommandInput, 'TemplateBody' | 'TemplateURL'>;

/** States of a change set that CloudFormation is still creating. */
const UNREADY = /^(CREATE_PENDING|CREATE_IN_PROGRESS)$/;

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
export function planChange(
  work: StackWork,
  template: string,
  to: PlannedChange['to'],
  { bucket, ...options }: PlanOptions = {},
): Promise<PlannedChange | undefined> {
  const plan = (source: TemplateSource) => planFrom(work, source, to, options);
  const isSmall = Buffer.byteLength(template) <= INLINE_LIMIT_BYTES;
  return isSmall ? plan({ TemplateBody: template }) : withUploadedTemplate(work, template, bucket, plan);
}

async function planFrom(
  work: StackWork,
  source: TemplateSource,
  to: PlannedChange['to'],
  { tags, importsExisting = false, revertDrift = false }: PlanOptions,
): Promise<PlannedChange | undefined> {
  const name = `edge-upload-${randomUUID()}`;
  let plan: ChangeSet | undefined;
  try {
    const { stackId, changeSetId } = await createChangeSet(work, name, {
      ...source,
      ChangeSetType: to === 'EXISTING' ? 'UPDATE' : 'CREATE',
      Tags: tags && [...tags],
      ImportExistingResources: importsExisting || undefined,
      DeploymentMode: revertDrift && to === 'EXISTING' ? 'REVERT_DRIFT' : undefined,
    });
    plan = { to, stackId, changeSetId };
    const described = await settled(work, changeSetId);
    const { Status, StatusReason = Status } = described;
    if (Status === 'CREATE_COMPLETE')
      return { ...plan, steps: plannedSteps(await changesOf(work, changeSetId, described)) };
    if (Status === undefined) throw unexpectedAwsResponse('CloudFormation', READING, 'it has no status');
    if (!NO_CHANGES.test(StatusReason ?? '')) {
      throw new UserError(
        'stack_failed',
        `CloudFormation cannot plan the change of the stack “${work.stackName}”: ${StatusReason}`,
        { hint: 'Nothing was changed. Run the same command again with --debug to see more.' },
      );
    }
  } catch (error) {
    const code = isUserError(error) ? error.code : undefined;
    const isLost = plan === undefined && code === 'unreachable';
    // CloudFormation may have created the plan of a request whose response is lost.
    if (code === 'interrupted' || isLost) await discardUnready(work, to, name);
    else if (plan !== undefined) await discardPlan(work, plan);
    throw error;
  }
  await discardPlan(work, plan);
  return undefined;
}

async function createChangeSet(
  work: StackWork,
  name: string,
  input: Partial<CreateChangeSetCommandInput>,
): Promise<Pick<ChangeSet, 'stackId' | 'changeSetId'>> {
  const { clients, stackName, context } = work;
  const { CreateChangeSetCommand } = await import('@aws-sdk/client-cloudformation');
  const create = new CreateChangeSetCommand({
    StackName: stackName,
    ChangeSetName: name,
    // A repeated request counts as the same request.
    ClientToken: name,
    Capabilities: ['CAPABILITY_IAM'],
    Description: 'edge-upload deploy',
    ...input,
  });
  const doing = `Planning the change of the stack “${stackName}”`;
  const { StackId: stackId, Id: changeSetId } = await creating(context.signal, (bounds) =>
    onPlan(work, doing, () => clients.cloudformation.send(create, bounds)),
  );
  if (!stackId || !changeSetId) throw unexpectedAwsResponse('CloudFormation', doing, 'it has no id');
  return { stackId, changeSetId };
}

/** Milliseconds. Change sets usually take seconds. */
const PLANNING_MS = 15 * 60_000;

const READING = 'Reading the change set';
async function describe(work: StackWork, input: DescribeChangeSetCommandInput) {
  const { DescribeChangeSetCommand } = await import('@aws-sdk/client-cloudformation');
  return onPlan(work, READING, () => work.clients.cloudformation.send(new DescribeChangeSetCommand(input)));
}

/** Returns all changes of a change set. A response has at most 100. */
async function changesOf(
  work: StackWork,
  ChangeSetName: string,
  first: DescribeChangeSetCommandOutput,
): Promise<Change[]> {
  const changes: Change[] = [];
  const all = pages({
    doing: READING,
    signal: work.context.signal,
    ask: async (NextToken?: string) =>
      NextToken === undefined ? first : describe(work, { ChangeSetName, NextToken }),
    next: ({ NextToken }) => NextToken,
  });
  for await (const { Changes = [] } of all) changes.push(...Changes);
  return changes;
}

async function settled(work: StackWork, ChangeSetName: string): Promise<DescribeChangeSetCommandOutput> {
  const since = work.context.now().getTime();
  for (;;) {
    const described = await describe(work, { ChangeSetName });
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
export async function refusing<T>(work: StackWork, plan: ChangeSet, check: () => Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    await discardPlan(work, plan);
    throw error;
  }
}

/**
 * Discards a plan. Also deletes a stack that planning created, unless somebody else has executed another plan for it.
 * Ctrl-C does not cancel this. A failure is a warning: a plan that stays changes nothing.
 */
export async function discardPlan(work: StackWork, { to, stackId, changeSetId }: ChangeSet): Promise<void> {
  const { cloudformation } = work.clients;
  const { DeleteChangeSetCommand, DeleteStackCommand, DescribeStacksCommand } = await import(
    '@aws-sdk/client-cloudformation'
  );
  try {
    await cleanUp(work.context.signal, async (bounds) => {
      await cloudformation.send(new DeleteChangeSetCommand({ ChangeSetName: changeSetId }), bounds);
      if (to !== 'NEW') return;
      const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName: stackId }), bounds);
      if (Stacks?.[0]?.StackStatus !== 'REVIEW_IN_PROGRESS') return;
      await cloudformation.send(new DeleteStackCommand({ StackName: stackId }), bounds);
    });
  } catch (error) {
    warnOfPlan(work, error, { to, changeSetId });
  }
}

/** Discards a plan by its name, as soon as CloudFormation has created it: only then can it be deleted. */
async function discardUnready(work: StackWork, to: PlannedChange['to'], name: string): Promise<void> {
  const { DescribeChangeSetCommand } = await import('@aws-sdk/client-cloudformation');
  const describe = new DescribeChangeSetCommand({ StackName: work.stackName, ChangeSetName: name });
  try {
    await cleanUp(work.context.signal, async (bounds) => {
      for (;;) {
        const described = await work.clients.cloudformation.send(describe, bounds);
        const { Status = '', StackId: stackId = '', ChangeSetId: changeSetId = '' } = described;
        if (!UNREADY.test(Status)) return discardPlan(work, { to, stackId, changeSetId });
        await delay(pollInterval(work), undefined, { signal: bounds.abortSignal });
      }
    });
  } catch (error) {
    warnOfPlan(work, error, { to, changeSetId: name });
  }
}

/** @param changeSetId or its name */
function warnOfPlan(
  { context: { ui }, stackName }: StackWork,
  error: unknown,
  { to, changeSetId }: Pick<ChangeSet, 'to' | 'changeSetId'>,
): void {
  // There is none, or somebody else deleted it. CloudFormation does not delete one that it still creates.
  if (isOvertaken(error) && (error as Error).name !== 'InvalidChangeSetStatusException') return;
  const { message } = awsFailure(error, 'Discarding the plan');
  const ofStack = changeSetId.startsWith('arn:') ? [] : ['--stack-name', stackName];
  const [what, remove] =
    to === 'NEW'
      ? ['The empty stack of the plan', command`edge-upload destroy`]
      : [
          'The change set',
          command`aws cloudformation delete-change-set --change-set-name ${changeSetId} ${ofStack} --region ${STACK_REGION}`,
        ];
  ui.event({
    type: 'warning',
    text: [`${what} was not deleted. ${message}`, 'It changes nothing. To delete it:', remove],
  });
}
