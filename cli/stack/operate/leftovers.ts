import type { Context } from '../../context.ts';
import { listKept } from '../../settings/kept.ts';
import { forgetLeftover, listLeftovers } from '../../settings/leftovers.ts';
import { deleteEdgeLogs, logGroup } from '../logs/edge-logs.ts';
import { byAccount } from '../place-of.ts';
import type { StackWork } from '../stack-work.ts';
import { deleteEdgeFunction } from './edge-function.ts';

/**
 * Removes the edge functions that outlived a stack, and forgets those that are gone.
 * @param options.wait until CloudFront has no replicas of them
 * @param options.except a function that is in use
 */
export async function clearLeftovers(
  context: Context,
  work: StackWork,
  { wait, except }: { readonly wait: boolean; readonly except?: string | undefined },
): Promise<{ removed: string[]; left: string[] }> {
  const removed: string[] = [];
  const left: string[] = [];
  const { own } = await byAccount(work, await listLeftovers(context));
  for (const { functionName } of own) {
    if (functionName === except) continue;
    const gone = await deleteEdgeFunction(work, functionName, { wait });
    (gone ? removed : left).push(functionName);
    if (!gone) continue;
    await removeLogs(context, work, functionName);
    await forgetLeftover(context, functionName);
  }
  return { removed, left };
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
