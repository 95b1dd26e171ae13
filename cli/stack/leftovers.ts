import type { Context } from '../context.ts';
import { forgetLeftover, listLeftovers } from '../settings/leftovers.ts';
import { deleteEdgeFunction } from './edge-function.ts';
import type { StackWork } from './operation.ts';

/**
 * Removes the edge functions that outlived a stack, and forgets those that are gone.
 * @param wait until CloudFront has let go of them
 */
export async function clearLeftovers(
  context: Context,
  work: StackWork,
  { wait }: { readonly wait: boolean },
): Promise<{ removed: string[]; left: string[] }> {
  const removed: string[] = [];
  const left: string[] = [];
  for (const { functionName, stackName } of await listLeftovers(context)) {
    if (stackName !== work.stackName) continue;
    const gone = await deleteEdgeFunction(work, functionName, { wait });
    (gone ? removed : left).push(functionName);
    if (gone) await forgetLeftover(context, functionName);
  }
  return { removed, left };
}
