import { resourceName } from '../../ui/resource-words.ts';
import { callerIdentity, isRoot } from '../aws-calls.ts';
import type { FoundStack, StackResource, StackWork } from '../find-stack.ts';
import { neededFor } from './change-permissions.ts';
import { accessDenied, actionNames, deniedTo } from './simulation.ts';

/**
 * Refuses a deletion for which the caller, or the stack's own role, lacks a permission. Refuses nothing if the
 * simulation is not available.
 * @throws {UserError} `access_denied`
 */
export async function refuseUnpermitted(
  work: StackWork,
  { roleArn, outputs }: FoundStack,
  doomed: readonly StackResource[],
): Promise<void> {
  const caller = await callerIdentity(work);
  if (isRoot(caller)) return;
  const { account } = caller;
  const { stackName } = work;
  const steps = doomed.map((one) => ({ ...one, what: 'remove', properties: [] }) as const);
  const needed = neededFor(steps, { account, stackName, outputs });
  const refused = await deniedTo(work, caller, needed, roleArn);
  const [first] = refused.denied;
  if (first === undefined) return;
  const lacking = needed.find(
    ({ actions, resource }) => resource === first.resource && actions.includes(first.action),
  );
  throw accessDenied(
    refused,
    `${roleArn ?? caller.arn} is not allowed to delete the ${resourceName(lacking?.type ?? '')}: ${actionNames(refused.denied)}. Nothing was removed.`,
  );
}
