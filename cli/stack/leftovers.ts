import type { Context } from '../context.ts';
import { forgetLeftover, listLeftovers } from '../settings/leftovers.ts';
import { deleteEdgeFunction } from './edge-function.ts';
import type { StackWork } from './operation.ts';

/**
 * Removes the edge functions that outlived a stack, and forgets those that are gone.
 * @param options.wait until CloudFront has let go of them
 * @param options.except a function that is in use
 */
export async function clearLeftovers(
  context: Context,
  work: StackWork,
  { wait, except }: { readonly wait: boolean; readonly except?: string | undefined },
): Promise<{ removed: string[]; left: string[] }> {
  const removed: string[] = [];
  const left: string[] = [];
  for (const { functionName, stackName } of await listLeftovers(context)) {
    if (stackName !== work.stackName || functionName === except) continue;
    const gone = await deleteEdgeFunction(work, functionName, { wait });
    (gone ? removed : left).push(functionName);
    if (gone) await forgetLeftover(context, functionName);
  }
  return { removed, left };
}
