import type { StackOptions } from '../../../infra/options.ts';
import { omitUndefined } from '../../../protocol/fields.ts';
import { callerIdentity, isRoot } from '../aws-calls.ts';
import type { FoundStack, StackOutputs, StackWork } from '../find-stack.ts';
import type { PlannedStep } from '../operate/plan.ts';
import { bucketBeginning } from '../policy/operator-policy.ts';
import { RESOURCE_ACTIONS, type ResourceActions, topicArn } from '../policy/resource-actions.ts';
import { createTemplate } from '../template/template.ts';
import { accessDenied, actionNames, deniedTo, type Needed } from './simulation.ts';

/** The change of one resource. `properties` of a creation are those in the template, if known. */
type ResourceStep = Omit<PlannedStep, 'loses'>;

interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
  >;
}

/** Stands for the user pool in the template of a stack that does not exist yet. */
const NO_POOL = { userPoolId: 'us-east-1_x', clientId: 'x', jwks: { keys: [] } };

interface Place {
  readonly account: string;
  readonly stackName: string;
  readonly outputs: StackOutputs;
}

/** Actions that CloudFormation certainly calls for a resource. */
export interface NeededFor extends Needed {
  readonly type: string;
}

/** Properties whose change makes other calls or none. */
const UNCALLED = new Set(['Metadata', 'Tags', 'UserPoolTags', 'DeletionPolicy', 'UpdateReplacePolicy']);

function actionsOf({ what, properties, uncertain }: ResourceStep, known: ResourceActions): readonly string[] {
  const { create, set = {}, change } = known;
  // A replaced resource may be retained.
  if (what === 'add' || what === 'replace')
    return [...create, ...properties.flatMap((name) => set[name] ?? [])];
  if (what === 'remove') return known.delete;
  if (what !== 'change') return [];
  const changed = properties.filter((name) => !UNCALLED.has(name) && !uncertain?.includes(name));
  return changed.flatMap((name) => [...(change['*'] ?? []), ...(change[name] ?? [])]);
}

/** Whether a resource is the policy of the stack's bucket, whose name can be chosen. */
const isBucketPolicy = ({ type, logicalId }: ResourceStep) =>
  type === 'AWS::S3::BucketPolicy' && logicalId.startsWith('Bucket');

/** Returns the physical id of a resource; of one that does not exist yet, one as CloudFormation generates it. */
function idOf(step: ResourceStep, { stackName, outputs }: Omit<Place, 'account'>): string | undefined {
  const { what, type, logicalId, physicalId } = step;
  if (physicalId !== undefined && what !== 'replace') return physicalId;
  if (what !== 'add' && what !== 'replace') return undefined;
  if (isBucketPolicy(step) && what === 'add' && outputs.bucket !== undefined) return outputs.bucket;
  if (type === 'AWS::Cognito::UserPool') return 'us-east-1_x';
  return type.startsWith('AWS::S3::')
    ? `${bucketBeginning(stackName)}${logicalId.toLowerCase()}-x`
    : `${stackName}-${logicalId}-x`;
}

/** Returns the actions that CloudFormation certainly calls for changes, with their resources as far as they are known. */
export function neededFor(steps: readonly ResourceStep[], { account, ...naming }: Place): NeededFor[] {
  const { outputs } = naming;
  const idOfType = (wanted: string) => {
    const step = steps.find(({ type }) => type === wanted);
    return step && idOf(step, naming);
  };
  const topic = idOfType('AWS::SNS::Topic');
  const place = {
    account,
    userPool: outputs.userPoolId ?? idOfType('AWS::Cognito::UserPool'),
    edgeFunction: outputs.edgeFunction ?? idOfType('AWS::Lambda::Function'),
    topicArn: topic && topicArn(account, topic),
  };
  return steps.flatMap((step) => {
    const { type } = step;
    const known = RESOURCE_ACTIONS[type];
    const id = idOf(step, naming);
    if (known === undefined || id === undefined) return [];
    const { global = [], arn } = known;
    const resource = arn({ ...place, id });
    const actions = actionsOf(step, known);
    const onAll = actions.filter((action) => global.includes(action));
    const onOne = resource === undefined ? [] : actions.filter((action) => !global.includes(action));
    return [
      { type, actions: onAll, resource: '*' },
      { type, actions: onOne, resource: resource ?? '*' },
    ].filter((needed) => needed.actions.length > 0);
  });
}

/** What the creation of a stack needs. An existing bucket may be adopted, without a call. */
async function creationSteps(stackName: string, options: StackOptions): Promise<ResourceStep[]> {
  // Issuers add no resources. `refuseUnsignable` checks signing keys.
  const { trust: _, signing: __, page: ___, ...own } = options;
  const edge = { keySets: {}, ...(own.userPool !== false && { pool: NO_POOL }) };
  const template = await createTemplate({ stackName, options: own, edge });
  const { Resources } = JSON.parse(template) as Template;
  return Object.entries(Resources).map(([logicalId, { Type: type, Properties = {} }]) => {
    const isNamed = type === 'AWS::S3::Bucket' && Properties.BucketName !== undefined;
    return { what: isNamed ? 'adopt' : 'add', logicalId, type, properties: Object.keys(Properties) };
  });
}

/** Returns the actions that CloudFormation certainly calls for a new stack: of both its halves. */
export async function neededToCreate(
  work: StackWork,
  account: string,
  options: StackOptions,
): Promise<NeededFor[]> {
  const { stackName } = work;
  const outputs = omitUndefined({ bucket: options.bucketName });
  return neededFor(await creationSteps(stackName, options), { account, stackName, outputs });
}

/**
 * Refuses a planned change of a stack for which the caller, or the stack's own role, lacks a permission: it would be
 * rolled back. A dry run warns instead. Refuses nothing if the simulation is not available.
 * @throws {UserError} `access_denied`
 */
export async function refuseUnpermittedChange(
  work: StackWork,
  { roleArn, outputs }: FoundStack,
  steps: readonly PlannedStep[],
  { dryRun }: { readonly dryRun: boolean },
): Promise<void> {
  if (work.local !== undefined) return;
  const { stackName } = work;
  const caller = await callerIdentity(work);
  if (isRoot(caller)) return;
  const { account } = caller;
  const refused = await deniedTo(work, caller, neededFor(steps, { account, stackName, outputs }), roleArn);
  if (refused.denied.length === 0) return;
  const lacking = `${roleArn ?? caller.arn} does not have the permissions for this change: ${actionNames(refused.denied)}.`;
  const error = accessDenied(refused, `${lacking} Nothing was changed.`);
  if (!dryRun) throw error;
  const text = [`${lacking} Without --dry-run, it is refused.`, ...error.hintLines];
  work.context.ui.event({ type: 'warning', text });
}
