import type { Context } from '../../context.ts';
import { type DeployedEdge, deployedEdge } from '../../links/deployed-edge.ts';
import type { FoundStack } from '../../stack/find-stack.ts';
import type { StackWork } from '../../stack/stack-work.ts';
import {
  type OperatorArgs,
  openStack,
  refuseOtherAccount,
  requireStack,
  requireTarget,
} from '../operator.ts';

/** Runs work on the edge of an existing deployment. */
export async function withEdge<T>(
  context: Context,
  args: OperatorArgs,
  run: (work: StackWork, edge: DeployedEdge, stack: FoundStack) => Promise<T>,
): Promise<T> {
  const target = await requireTarget(context, args);
  const work = await openStack(context, target, args);
  try {
    await refuseOtherAccount(work, target);
    const stack = await requireStack(work);
    return await run(work, await deployedEdge(work, stack), stack);
  } finally {
    work.clients.close();
  }
}
