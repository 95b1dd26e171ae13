import { command, type HintLine } from '../../command-line.ts';
import type { Context } from '../../context.ts';
import { isUserError } from '../../errors.ts';
import { STACK_REGION } from '../../network/aws.ts';
import { checkpoint, pause, resumable } from '../../network/cancellation.ts';
import { asTask } from '../../ui/create.ts';
import { formatDuration } from '../../ui/format.ts';
import { ifThere, onAws } from '../aws-calls.ts';
import { pollInterval, type StackWork } from '../find-stack.ts';
import { deleteEdgeLogs, logGroup } from '../logs/log-groups.ts';
import { byAccount, forgetLeftover, type GoneRecords, listLeftovers, listRemains } from '../remains.ts';
import { AGAIN } from './destroy.ts';

/** Milliseconds between two attempts. CloudFront deletes replicas minutes to hours after the distribution. */
const REPLICA_POLL_MS = 30_000;

/** Maximum milliseconds to wait. AWS documents a few hours. */
const PATIENCE_MS = 12 * 3600_000;

function isReplicated(error: unknown): boolean {
  return (
    error instanceof Error &&
    error.name === 'InvalidParameterValueException' &&
    /replicated function/.test(error.message)
  );
}

/** Tries once to delete the function. Returns false while CloudFront still has replicas. */
async function tryDelete({ clients }: StackWork, functionName: string): Promise<boolean> {
  const { DeleteFunctionCommand } = await import('@aws-sdk/client-lambda');
  const remove = new DeleteFunctionCommand({ FunctionName: functionName });
  try {
    await ifThere(() => onAws('Removing the edge function', () => clients.lambda.send(remove)));
    return true;
  } catch (error) {
    if (isUserError(error) && isReplicated(error.cause)) return false;
    throw error;
  }
}

/**
 * Deletes the edge function with all its versions. The stack retains the function, because CloudFormation would fail while
 * CloudFront has replicas of it.
 * @param wait until the replicas are deleted, or for twelve hours; otherwise it is tried once
 * @returns whether the function is deleted
 */
export async function deleteEdgeFunction(
  work: StackWork,
  functionName: string,
  { wait }: { readonly wait: boolean },
): Promise<boolean> {
  const { ui, now, signal } = work.context;
  const task = 'Removing the edge function';
  const since = now().getTime();
  checkpoint(signal, AGAIN);
  const { isDeleted } = await asTask(
    ui,
    task,
    ({ detail }) => detail,
    async () => {
      while (!(await resumable(AGAIN, () => tryDelete(work, functionName)))) {
        const waitedMs = now().getTime() - since;
        const waited = formatDuration(waitedMs);
        if (!wait || waitedMs > PATIENCE_MS) {
          const after = wait ? ` after ${waited}` : '';
          return { isDeleted: false, detail: `not yet: CloudFront still has replicas of it${after}` };
        }
        const detail = `CloudFront still has replicas, which takes minutes to hours; waited ${waited}`;
        ui.event({ type: 'task-progress', task, detail });
        await pause(work.local === undefined ? REPLICA_POLL_MS : pollInterval(work), signal, [
          'Everything else is deleted. Delete the function now or in a few hours:',
          command`edge-upload destroy`,
        ]);
      }
      return { isDeleted: true, detail: functionName };
    },
  );
  return isDeleted;
}

/**
 * Removes the edge functions that outlived a stack, and forgets those that no longer exist.
 * @param options.wait until CloudFront has no replicas of them
 * @param options.except a function that is in use
 * @param options.also functions of a stack that was just deleted, recorded or not
 */
export async function clearLeftovers(
  context: Context,
  work: StackWork,
  {
    wait,
    except,
    also = [],
    gone,
  }: {
    readonly wait: boolean;
    readonly except?: string | undefined;
    readonly also?: readonly string[];
    readonly gone: GoneRecords;
  },
): Promise<{ removed: string[]; left: string[] }> {
  const removed: string[] = [];
  const left: string[] = [];
  const { own } = await byAccount(work, await listLeftovers(context));
  const recorded = own.map(({ functionName }) => functionName);
  for (const functionName of new Set([...recorded, ...also])) {
    if (functionName === except) continue;
    const isGone = await deleteEdgeFunction(work, functionName, { wait });
    (isGone ? removed : left).push(functionName);
    if (!isGone) continue;
    await removeLogs(context, work, functionName);
    await gone.forget(`the edge function ${functionName}`, () => forgetLeftover(context, functionName));
  }
  return { removed, left };
}

/** Returns lines that report edge functions with replicas, and the command that deletes them. */
export async function leftLines(context: Context, left: readonly string[]): Promise<HintLine[]> {
  const recorded = new Set((await listLeftovers(context)).map(({ functionName }) => functionName));
  return left.flatMap((name) => {
    const what = `Left for later: the edge function ${name}, of which CloudFront still has replicas.`;
    const remedy = recorded.has(name)
      ? command`edge-upload destroy`
      : command`aws lambda delete-function --region ${STACK_REGION} --function-name ${name}`;
    return [`${what} Delete it in a few hours:`, remedy];
  });
}

/** Warns of leftovers of a stack with this name in other AWS accounts. */
export async function warnOfOtherAccounts(context: Context, work: StackWork): Promise<void> {
  const { others } = await byAccount(work, await listRemains(context));
  for (const account of new Set(others.map((one) => one.account))) {
    context.ui.event({
      type: 'warning',
      text: `The AWS account ${account} still has parts of a stack ${work.stackName}. These credentials are for another account: choose the profile with --profile.`,
    });
  }
}

/** Deletes the function's logs in each region. A failure is a warning only. */
async function removeLogs({ ui }: Context, work: StackWork, functionName: string): Promise<void> {
  const refused = await deleteEdgeLogs(work, functionName);
  if (refused.length === 0) return;
  ui.event({
    type: 'warning',
    text: `The logs of the edge function stay in ${refused.join(', ')}: deleting ${logGroup(functionName)} is not allowed there.`,
  });
}
