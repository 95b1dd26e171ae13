import { setTimeout as delay } from 'node:timers/promises';
import { command } from '../../command-line.ts';
import { isUserError } from '../../errors.ts';
import { STACK_REGION } from '../../network/aws.ts';
import { cleanUp } from '../../network/cancellation.ts';
import { isOvertaken, onAws } from '../aws-calls.ts';
import { pollInterval, type StackWork } from '../find-stack.ts';
import type { PlannedChange } from './plan.ts';

/** States of a change set that CloudFormation is still creating. */
export const UNREADY = /^(CREATE_PENDING|CREATE_IN_PROGRESS)$/;

/**
 * Discards a plan. Also deletes a stack that planning created, unless somebody else has executed another plan for it.
 * Ctrl-C does not cancel this. A failure is a warning: a plan that stays changes nothing.
 */
export async function discardPlan(work: StackWork, plan: Omit<PlannedChange, 'steps'>): Promise<void> {
  try {
    await deletePlan(work, plan);
  } catch (error) {
    warnOfPlan(work, error, plan);
  }
}

async function deletePlan(
  { clients: { cloudformation }, context: { signal } }: StackWork,
  { to, stackId, changeSetId }: Omit<PlannedChange, 'steps'>,
): Promise<void> {
  const { DeleteChangeSetCommand, DeleteStackCommand, DescribeStacksCommand } = await import(
    '@aws-sdk/client-cloudformation'
  );
  await cleanUp(signal, (bounds) =>
    onAws('Discarding the plan', async () => {
      try {
        await cloudformation.send(new DeleteChangeSetCommand({ ChangeSetName: changeSetId }), bounds);
        if (to !== 'NEW') return;
        const found = new DescribeStacksCommand({ StackName: stackId });
        const { Stacks } = await cloudformation.send(found, bounds);
        if (Stacks?.[0]?.StackStatus !== 'REVIEW_IN_PROGRESS') return;
        await cloudformation.send(new DeleteStackCommand({ StackName: stackId }), bounds);
      } catch (error) {
        // It was already deleted.
        if (!isOvertaken(error)) throw error;
      }
    }),
  );
}

/** Runs the creation of a change set. Ctrl-C discards it. */
export async function interruptible<T>(
  work: StackWork,
  { to, name }: Pick<PlannedChange, 'to'> & { readonly name: string },
  create: () => Promise<T>,
): Promise<T> {
  try {
    return await create();
  } catch (error) {
    if (!isUserError(error) || error.code !== 'interrupted') throw error;
    try {
      const created = await readyToDiscard(work, name);
      if (created !== undefined) await discardPlan(work, { to, ...created });
    } catch (second) {
      warnOfPlan(work, second, { to, changeSetId: name });
    }
    throw error;
  }
}

/**
 * Waits until CloudFormation has created a change set, because only then can it be deleted. Returns `undefined` if
 * there is none.
 */
async function readyToDiscard(work: StackWork, ChangeSetName: string) {
  const { clients, stackName: StackName, context } = work;
  const { DescribeChangeSetCommand } = await import('@aws-sdk/client-cloudformation');
  let found: Pick<PlannedChange, 'stackId' | 'changeSetId'> | undefined;
  await cleanUp(context.signal, async (bounds) => {
    try {
      for (;;) {
        const asked = new DescribeChangeSetCommand({ StackName, ChangeSetName });
        const described = await clients.cloudformation.send(asked, bounds);
        found = { stackId: described.StackId ?? '', changeSetId: described.ChangeSetId ?? '' };
        if (!UNREADY.test(described.Status ?? '')) return;
        await delay(pollInterval(work), undefined, { signal: bounds.abortSignal });
      }
    } catch (error) {
      if (!isOvertaken(error)) throw error;
      found = undefined;
    }
  });
  return found;
}

/** @param changeSetId or its name */
function warnOfPlan(
  { context: { ui }, stackName }: StackWork,
  error: unknown,
  { to, changeSetId }: Pick<PlannedChange, 'to' | 'changeSetId'>,
): void {
  const why = error instanceof Error ? error.message : String(error);
  const ofStack = changeSetId.startsWith('arn:') ? [] : ['--stack-name', stackName];
  const remove =
    to === 'NEW'
      ? command`edge-upload destroy`
      : command`aws cloudformation delete-change-set --change-set-name ${changeSetId} ${ofStack} --region ${STACK_REGION}`;
  const what = to === 'NEW' ? 'The empty stack of the plan' : 'The change set';
  ui.event({
    type: 'warning',
    text: [`${what} was not deleted. ${why}`, 'It changes nothing. To delete it:', remove],
  });
}
