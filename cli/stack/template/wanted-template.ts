import { omitUndefined } from '../../../protocol/omit-undefined.ts';
import type { FoundStack, StackOutputs } from '../find-stack.ts';
import type { StackWork } from '../stack-work.ts';
import { makeTemplate, type PoolIdentity, type TemplateOptions } from './make-template.ts';
import { poolIdentity } from './pool-identity.ts';

/** The identity to bake in, from a stack's outputs and its pool's public keys. */
export function identityOf(
  { context, clients, local }: StackWork,
  outputs: StackOutputs,
): Promise<PoolIdentity | undefined> {
  return poolIdentity(outputs, {
    cognitoUrl: clients.cognitoUrl,
    env: context.env,
    signal: context.signal,
    local,
  });
}

/** The template that a deploy would apply to the stack as it is now; of a new stack, the half that comes first. */
export async function wantedTemplate(
  work: StackWork,
  stack: FoundStack | undefined,
  options: Omit<TemplateOptions, 'stackName' | 'identity'>,
): Promise<string> {
  const identity = stack === undefined ? undefined : await identityOf(work, stack.outputs);
  return makeTemplate({
    stackName: work.stackName,
    ...options,
    ...omitUndefined({ identity }),
  });
}
