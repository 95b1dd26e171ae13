import type { Context } from '../../context.ts';
import { type DeployedEdge, deployedEdge } from '../../links/deployed-edge.ts';
import type { StackWork } from '../../stack/stack-work.ts';
import type { DeployedStack } from '../../stack/template/deployed-template.ts';
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
  run: (work: StackWork, edge: DeployedEdge, deployed: DeployedStack) => Promise<T>,
): Promise<T> {
  const target = await requireTarget(context, args);
  const work = await openStack(context, target, args);
  try {
    await refuseOtherAccount(work, target);
    const stack = await requireStack(work);
    const { edge, deployed } = await deployedEdge(work, stack);
    return await run(work, edge, deployed);
  } finally {
    work.clients.close();
  }
}
