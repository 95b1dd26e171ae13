import type { StackOptions } from '../../../infra/options.ts';
import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { STACK_REGION } from '../../network/aws.ts';
import { keepBooks } from '../../settings/bookkeeping.ts';
import { type Deployment, rememberDeployment, useForHints } from '../../settings/deployments.ts';
import { edgeUrl } from '../../settings/edge-url.ts';
import { forgetKept } from '../../settings/kept.ts';
import { placeOf } from '../caller.ts';
import type { StackOutputs } from '../find-stack.ts';
import type { StackWork } from '../stack-work.ts';

/**
 * Stores the deployment on this computer as the current one, and returns it.
 * @throws {UserError} `stack_failed` for a stack without our outputs
 */
export async function remember(
  context: Context,
  work: StackWork,
  outputs: StackOutputs,
  { userPool = true }: StackOptions,
): Promise<Deployment> {
  const { stackName } = work;
  const { domain, userPoolId, clientId, bucket } = outputs;
  const hasPool = userPoolId !== undefined && clientId !== undefined;
  if (domain === undefined || bucket === undefined || hasPool !== userPool) {
    throw new UserError(
      'stack_failed',
      `The stack “${stackName}” lacks an output that edge-upload's own template has.`,
      {
        hint: 'Is it another tool’s stack? Choose another name with --stack-name.',
      },
    );
  }
  const { stackName: name, ...place } = await placeOf(work);
  const deployment = {
    name,
    url: edgeUrl(domain),
    ...(hasPool ? { region: STACK_REGION, userPoolId, clientId } : {}),
    bucket,
    ...place,
  };
  // The name of the stack is enough for every command.
  const consequence = 'The deployment is not recorded on this computer: name it with --stack-name.';
  await keepBooks(context, consequence, async () => {
    await rememberDeployment(context, deployment);
    await forgetKept(context, bucket);
  });
  await useForHints(context, { stackName: name, local: work.local !== undefined, operated: true });
  return deployment;
}
