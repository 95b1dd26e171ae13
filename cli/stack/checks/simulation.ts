import type { EvaluationResult } from '@aws-sdk/client-iam';
import { command, type HintLine } from '../../command-line.ts';
import { interrupted, UserError } from '../../errors.ts';
import { type AwsCaller, rawPages } from '../aws-calls.ts';
import type { StackWork } from '../find-stack.ts';
import { isExtra } from '../policy/extra-statements.ts';

/** Actions on one resource. */
export interface Needed {
  readonly actions: readonly string[];
  /** An ARN, or `*` for actions without a resource. */
  readonly resource: string;
}

/** An action that IAM's simulation denies. */
export interface Denied {
  readonly action: string;
  readonly resource: string;
}

/** What a principal lacks. */
interface DeniedTo {
  readonly principal: string;
  readonly denied: readonly Denied[];
}

/** Returns the user, or the role behind an assumed role's session. */
export async function principalOf({ clients }: StackWork, { arn }: AwsCaller): Promise<string> {
  const role = /^arn:[\w-]+:sts::\d+:assumed-role\/([^/]+)\//.exec(arn)?.[1];
  if (role === undefined) return arn;
  const { GetRoleCommand } = await import('@aws-sdk/client-iam');
  const { Role } = await (await clients.iam()).send(new GetRoleCommand({ RoleName: role }));
  return Role?.Arn ?? arn;
}

/** Whether the result depends on a condition key that the simulation does not know, such as a tag. */
function dependsOnContext({
  MissingContextValues = [],
  ResourceSpecificResults = [],
}: EvaluationResult): boolean {
  return [MissingContextValues, ...ResourceSpecificResults.map((one) => one.MissingContextValues ?? [])].some(
    (values) => values.length > 0,
  );
}

/** @throws {UserError} for a response without some of the actions, such as a proxy's, because they may be denied */
async function deniedOf(
  work: StackWork,
  principal: string,
  { actions, resource }: Needed,
): Promise<Denied[]> {
  const { SimulatePrincipalPolicyCommand } = await import('@aws-sdk/client-iam');
  const iam = await work.clients.iam();
  const request = { PolicySourceArn: principal, ActionNames: [...actions], ResourceArns: [resource] };
  const listed = rawPages({
    doing: 'Simulating the permissions',
    signal: work.context.signal,
    ask: (Marker?: string) => iam.send(new SimulatePrincipalPolicyCommand({ ...request, Marker })),
    next: ({ IsTruncated, Marker }) => (IsTruncated ? Marker : undefined),
  });
  const denied: Denied[] = [];
  const left = new Set(actions.map((action) => action.toLowerCase()));
  for await (const { EvaluationResults = [] } of listed) {
    for (const result of EvaluationResults) {
      left.delete(result.EvalActionName?.toLowerCase() ?? '');
      if (result.EvalDecision === 'allowed' || dependsOnContext(result)) continue;
      denied.push({ action: result.EvalActionName ?? '', resource });
    }
  }
  if (left.size > 0) {
    const message = `IAM's response omits ${[...left].join(', ')}.`;
    throw Object.assign(new Error(message), { name: 'IncompleteAnswer' });
  }
  return denied;
}

/** Merges the actions of each resource into one entry, without repetitions. */
function merged(needed: readonly Needed[]): Needed[] {
  const actions = new Map<string, Set<string>>();
  for (const { actions: more, resource } of needed) {
    const known = actions.get(resource) ?? new Set();
    for (const action of more) known.add(action);
    actions.set(resource, known);
  }
  return [...actions].map(([resource, all]) => ({ actions: [...all], resource }));
}

/**
 * Returns the actions that IAM's simulation denies to a principal. The simulation covers its policies, its permissions
 * boundary and the organization's policies, but not session policies or conditions on the request.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
export async function simulateDenied(
  work: StackWork,
  principal: string,
  needed: readonly Needed[],
): Promise<Denied[]> {
  return (await Promise.all(merged(needed).map((one) => deniedOf(work, principal, one)))).flat();
}

/**
 * Returns the actions that IAM's simulation denies to a caller, or to the role used instead. Returns none if the
 * simulation is not available: AWS then decides at each call.
 */
export async function deniedTo(
  work: StackWork,
  caller: AwsCaller,
  needed: readonly Needed[],
  role?: string,
): Promise<DeniedTo> {
  try {
    const principal = role ?? (await principalOf(work, caller));
    return { principal, denied: await simulateDenied(work, principal, needed) };
  } catch (error) {
    if (work.context.signal.aborted) throw interrupted();
    const text = `IAM does not report the permissions: ${(error as Error).name}`;
    work.context.ui.event({ type: 'debug', text });
    return { principal: role ?? caller.arn, denied: [] };
  }
}

/** Returns the denied actions for a sentence, each once. */
export function actionNames(denied: readonly Denied[]): string {
  return [...new Set(denied.map(({ action }) => action))].join(', ');
}

/** Returns the commands that print the policies with these actions. */
export function policyCommands(denied: readonly Denied[]): HintLine[] {
  return [
    ...(denied.every(isExtra) ? [] : [command`edge-upload policy`]),
    ...(denied.some(isExtra) ? [command`edge-upload policy --extras`] : []),
  ];
}

/** Returns the error for denied actions. */
export function accessDenied({ principal, denied }: DeniedTo, message: string): UserError {
  const deciding = denied
    .slice(0, 1)
    .flatMap(({ action, resource }) => [
      'See which policy decides:',
      command`aws iam simulate-principal-policy --policy-source-arn ${principal} --action-names ${action} --resource-arns ${resource}`,
    ]);
  const policy = 'Ask the administrator of the AWS account for the whole policy:';
  return new UserError('access_denied', message, { hint: [policy, ...policyCommands(denied), ...deciding] });
}
