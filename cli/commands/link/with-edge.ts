import type { Context } from '../../context.ts';
import { type DeployedEdge, deployedEdge } from '../../links/deployed-edge.ts';
import { requireStack, type StackWork } from '../../stack/find-stack.ts';
import type { DeployedStack } from '../../stack/template/template.ts';
import { type OperatorArgs, refuseOtherAccount, requireTarget, withStack } from '../operator.ts';

/** Runs work on the edge of an existing deployment. */
export async function withEdge<T>(
  context: Context,
  args: OperatorArgs,
  run: (work: StackWork, edge: DeployedEdge, deployed: DeployedStack) => Promise<T>,
): Promise<T> {
  const target = await requireTarget(context, args);
  return withStack(context, target, args, async (work) => {
    await refuseOtherAccount(work, target);
    const stack = await requireStack(work);
    const { edge, deployed } = await deployedEdge(work, stack);
    return run(work, edge, deployed);
  });
}
