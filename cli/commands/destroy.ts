import type { Context, Result } from '../context.ts';
import { forgetDeployment } from '../settings/deployments.ts';
import { forgetLeftover, listLeftovers, rememberLeftover } from '../settings/leftovers.ts';
import { measureBucket } from '../stack/bucket.ts';
import { removeStack } from '../stack/destroy.ts';
import { deleteEdgeFunction } from '../stack/edge-function.ts';
import type { StackWork } from '../stack/operation.ts';
import { countUsers } from '../stack/pool.ts';
import { type FoundStack, findStack } from '../stack/stacks.ts';
import { count, formatBytes } from '../ui/format.ts';
import { findTarget, NAME_IT, type OperatorArgs, type OperatorTarget, openStack } from './operator.ts';

export interface DestroyArgs extends OperatorArgs {
  readonly yes?: boolean;
}

/** Takes a deployment down, whole; run again at any point it goes on with what is left. */
export async function destroy(context: Context, args: DestroyArgs): Promise<Result> {
  const target = await findTarget(context);
  if (target === undefined) {
    return {
      document: { outcome: 'nothing' },
      text: `This computer knows no deployment of yours: nothing to destroy.\n${NAME_IT}`,
    };
  }
  const work = await openStack(context, target, args);
  const { stackName } = work;
  try {
    const stack = await findStack(work);
    if (stack === undefined) return await finish(context, work, target, false);
    if (!(await agree(context, work, stack, args.yes ?? false))) {
      return { document: { stackName, outcome: 'declined' }, text: 'Nothing was removed.' };
    }
    const functionName = stack.outputs.edgeFunction;
    if (functionName !== undefined) {
      await rememberLeftover(context, { stackName, functionName, ...(work.local && { local: work.local }) });
    }
    await removeStack(work, stack);
    return await finish(context, work, target, true);
  } finally {
    work.clients.close();
  }
}

async function agree(
  { ui }: Context,
  work: StackWork,
  { outputs }: FoundStack,
  yes: boolean,
): Promise<boolean> {
  const { bucket, userPoolId, domain } = outputs;
  const held = bucket === undefined ? { objects: 0, bytes: 0 } : await measureBucket(work, bucket);
  const users = userPoolId === undefined ? 0 : await countUsers(work, userPoolId);
  const goes = [
    bucket && `  bucket      ${bucket}: ${count(held.objects, 'object')}, ${formatBytes(held.bytes)}`,
    userPoolId && `  user pool   ${userPoolId}: ${count(users, 'user')}`,
    domain && `  edge        ${domain}`,
  ].filter((line) => line !== undefined && line !== '');
  ui.event({
    type: 'note',
    text: [`This goes with the stack ${work.stackName}, for good:`, ...goes].join('\n'),
  });
  if (yes) return true;
  const answer = await ui.ask({ prompt: `Type the stack's name to destroy it`, flag: '--yes' });
  return answer === work.stackName;
}

/** The part after the stack: its retained functions, and what this computer remembers. */
async function finish(
  context: Context,
  work: StackWork,
  { known }: OperatorTarget,
  hadStack: boolean,
): Promise<Result> {
  const { stackName } = work;
  const leftovers = (await listLeftovers(context)).filter((one) => one.stackName === stackName);
  for (const { functionName } of leftovers) {
    await deleteEdgeFunction(work, functionName);
    await forgetLeftover(context, functionName);
  }
  if (known !== undefined) {
    const { forgetTokens } = await import('../identity/token-store.ts');
    await forgetTokens(context, known.url);
    await forgetDeployment(context, stackName);
  }
  const nothing = !hadStack && leftovers.length === 0;
  return {
    document: {
      stackName,
      outcome: nothing ? 'nothing' : 'destroyed',
      functions: leftovers.map((one) => one.functionName),
    },
    text: nothing
      ? `There is no stack ${stackName}: nothing to destroy.`
      : `The stack ${stackName} is gone, and nothing of it is left.`,
  };
}
