import { command, type HintLine } from '../../command-line.ts';
import type { Context } from '../../context.ts';
import { STACK_REGION } from '../../network/aws.ts';
import type { GoneRecords } from '../../settings/bookkeeping.ts';
import { listKept } from '../../settings/kept.ts';
import { forgetLeftover, listLeftovers } from '../../settings/leftovers.ts';
import { byAccount } from '../caller.ts';
import { deleteEdgeLogs, logGroup } from '../logs/edge-logs.ts';
import type { StackWork } from '../stack-work.ts';
import { deleteEdgeFunction } from './edge-function.ts';

/**
 * Removes the edge functions that outlived a stack, and forgets those that are gone.
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

/** Lines that report edge functions of which CloudFront still has copies, and what deletes them. */
export async function leftLines(context: Context, left: readonly string[]): Promise<HintLine[]> {
  const recorded = new Set((await listLeftovers(context)).map(({ functionName }) => functionName));
  return left.flatMap((name) => {
    const what = `Left for later: the edge function ${name}, of which CloudFront still has copies.`;
    if (recorded.has(name)) return [`${what} To delete it in some hours:`, command`edge-upload destroy`];
    return [
      `${what} Delete it in some hours:`,
      `  aws lambda delete-function --region ${STACK_REGION} --function-name ${name}`,
    ];
  });
}

/** Warns of what is left of a stack of this name in other AWS accounts, which these credentials do not reach. */
export async function warnOfOtherAccounts(context: Context, work: StackWork): Promise<void> {
  const records = [...(await listLeftovers(context)), ...(await listKept(context))];
  const { others } = await byAccount(work, records);
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
