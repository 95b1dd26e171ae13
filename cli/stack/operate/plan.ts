import type { Change, ResourceChange } from '@aws-sdk/client-cloudformation';
import { omitUndefined, table } from '../../../protocol/fields.ts';
import { UserError } from '../../errors.ts';
import { STACK_REGION } from '../../network/aws.ts';
import { sameCommand } from '../../same-command.ts';
import { resourceName } from '../../ui/resource-words.ts';
import type { StackWork } from '../find-stack.ts';
import type { OptionChange } from '../options/deployed-options.ts';

/** A change set that is ready to be applied. */
export interface PlannedChange {
  /** The stack's state before the plan; `NEW` if planning created the stack. */
  readonly to: 'NEW' | 'PLANNED' | 'EXISTING';
  readonly stackId: string;
  readonly changeSetId: string;
  readonly steps: readonly PlannedStep[];
}

/** The change of one resource, as the plan shows it. */
export interface PlannedStep {
  readonly what: 'add' | 'adopt' | 'change' | 'replace' | 'remove' | 'leave';
  readonly logicalId: string;
  readonly type: string;
  /** Absent for a resource that does not exist yet. */
  readonly physicalId?: string;
  /** The changed properties of an existing resource. */
  readonly properties: readonly string[];
  /** Those of the properties whose change depends on that of another resource. */
  readonly uncertain?: readonly string[];
  /** The data that is lost with the resource, if any. */
  readonly loses?: string;
}

/** What a later step of the same deploy changes. CloudFormation can plan it only then. */
type NextStep = keyof typeof FOLLOWS;

const FOLLOWS = {
  edge: '  then the edge: its function, a role for it, the CloudFront distribution',
  verifying: '  then the edge function, which verifies what the signing key signs',
};

/** Returns the error for a loss of data, which `--yes` does not confirm. */
function losesData(lost: readonly PlannedStep[]): UserError {
  const what = lost.map(({ type, loses }) => `the ${resourceName(type)} (${loses})`);
  return new UserError('usage', `The change loses data: ${what.join(', ')}. Nothing was changed.`, {
    hint: [
      'If that is meant:',
      sameCommand`--yes --allow-data-loss`,
      'Otherwise see which option causes it:',
      sameCommand`--dry-run`,
    ],
  });
}

/** Settings of the question before a change. */
export interface Asking {
  readonly yes?: boolean;
  /** Apply a change that loses users or objects without asking. */
  readonly allowDataLoss?: boolean;
  /** Only show what would be changed. */
  readonly dryRun?: boolean;
}

type Plan = Pick<PlannedChange, 'to' | 'steps'>;

/** The question before a change, and the plans it showed. */
export interface Agreement {
  readonly agree: (plan: Plan, next: NextStep | undefined) => Promise<boolean>;
  readonly steps: readonly PlannedStep[];
  /** The plans as text. */
  readonly lines: readonly string[];
}

/**
 * Shows each plan and asks once for a deploy, and again if a later step loses data. In the embedded cloud, which costs
 * nothing, it asks only before losses.
 */
export function createAgreement(
  work: StackWork,
  { yes = false, dryRun = false, allowDataLoss = false }: Asking,
  options: readonly OptionChange[],
): Agreement {
  const { context, local, stackName } = work;
  const { ui } = context;
  const all: PlannedStep[] = [];
  const told: string[] = [];
  let agreed = yes;
  const show = ({ steps, to }: Plan, next: NextStep | undefined, changed: readonly OptionChange[]) => {
    const what = to === 'EXISTING' ? 'Changes to the stack' : 'Plan for the new stack';
    const where = local === undefined ? STACK_REGION : 'the embedded cloud';
    const heading = `${what} ${stackName} in ${where}:`;
    const lines = [heading, ...planLines(steps, changed, { isCharged: local === undefined })];
    if (next !== undefined) lines.push(FOLLOWS[next]);
    told.push(...lines);
    if (!dryRun) ui.event({ type: 'note', text: lines });
  };
  const mayApply = async (lost: readonly PlannedStep[]) => {
    if (lost.length > 0 && !allowDataLoss && (yes || !ui.interactive)) throw losesData(lost);
    const isAsked = lost.length > 0 ? !yes : !agreed && local === undefined;
    if (isAsked)
      agreed = await ui.confirm(lost.length === 0 ? 'Continue?' : 'Continue, and lose that?', '--yes');
    return !isAsked || agreed;
  };
  return {
    steps: all,
    lines: told,
    async agree(plan, next) {
      const isFirst = all.length === 0;
      all.push(...plan.steps);
      const lost = losses(plan.steps);
      if (isFirst || lost.length > 0) show(plan, next, isFirst ? options : []);
      for (const { what, loses, type } of lost) {
        const how = what === 'remove' ? 'REMOVED' : 'REPLACED';
        const text = `THE ${resourceName(type).toUpperCase()} IS ${how}: ${loses}.`;
        ui.event({ type: 'warning', text });
      }
      return !dryRun && (await mayApply(lost));
    },
  };
}

/** Data that is lost when a resource is replaced or deleted. */
const HOLDS = table<string>({
  'AWS::Cognito::UserPool': 'all its users are lost',
  'AWS::S3::Bucket': 'uploads go to a new bucket, and the old one is deleted if it is empty',
});

function kindOf({ Action, PolicyAction, Replacement }: ResourceChange): PlannedStep['what'] {
  if (Action === 'Add') return 'add';
  if (Action === 'Import') return 'adopt';
  if (Action === 'Remove') return PolicyAction === 'Retain' ? 'leave' : 'remove';
  return Replacement === 'True' ? 'replace' : 'change';
}

function stepOf(change: ResourceChange): PlannedStep {
  const what = kindOf(change);
  const { ResourceType: type = '', LogicalResourceId: logicalId = '', PhysicalResourceId } = change;
  const details = what === 'add' || what === 'adopt' ? [] : (change.Details ?? []);
  const named = (some: typeof details) =>
    new Set(some.flatMap(({ Target }) => Target?.Name || Target?.Attribute || []));
  const properties = [...named(details)];
  const certain = named(details.filter(({ Evaluation }) => Evaluation !== 'Dynamic'));
  const uncertain = properties.filter((name) => !certain.has(name));
  const isLost = what === 'remove' || (what === 'replace' && change.PolicyAction !== 'ReplaceAndRetain');
  const loses = isLost ? HOLDS[type] : undefined;
  const more = omitUndefined({ physicalId: PhysicalResourceId || undefined, loses });
  return { what, logicalId, type, properties, ...(uncertain.length > 0 && { uncertain }), ...more };
}

const ORDER: readonly PlannedStep['what'][] = ['add', 'adopt', 'change', 'replace', 'remove', 'leave'];

/** Returns the steps of a change set in the order of the plan. */
export function plannedSteps(changes: readonly Change[]): PlannedStep[] {
  return changes
    .flatMap(({ ResourceChange: change }) =>
      // `SyncWithActual` changes only what CloudFormation knows of a resource.
      change === undefined || change.Action === 'SyncWithActual' ? [] : stepOf(change),
    )
    .sort((one, other) => ORDER.indexOf(one.what) - ORDER.indexOf(other.what));
}

/**
 * Price of a signing key without its use: https://aws.amazon.com/kms/pricing/. A key scheduled for deletion costs
 * nothing.
 */
const KEY_PRICE = '$1 a month (list price of 2026: https://aws.amazon.com/kms/pricing/)';

/** Returns a consequence of a step, such as lost data or a price. */
function consequence({ what, type, loses }: PlannedStep, isCharged: boolean): string | undefined {
  if (type !== 'AWS::KMS::Key') return loses;
  if (what === 'remove') return 'KMS deletes it after 7 days';
  return what === 'add' && isCharged ? KEY_PRICE : undefined;
}

/** Display names of properties that differ from CloudFormation's. */
const WORDS = table<string>({
  AccessTokenValidity: 'token validity',
  AssumeRolePolicyDocument: 'trusted services',
  CallbackURLs: 'redirect addresses',
  BucketEncryption: 'encryption',
  DistributionConfig: 'settings',
  EnabledMfas: 'second factors',
  IdTokenValidity: 'token validity',
  LifecycleConfiguration: 'expiry of objects',
  MfaConfiguration: 'second factors',
  NotificationConfiguration: 'events',
  OwnershipControls: 'object ownership',
  PolicyDocument: 'access rules',
  ResponseHeadersPolicyConfig: 'allowed origins',
  TokenValidityUnits: 'token validity',
  UserPoolTags: 'tags',
  UserPoolTier: 'feature plan',
  VersioningConfiguration: 'versioning',
});

/** Returns display names of properties, such as `expiry of objects` or `memory size`. */
export function describeProperty(names: readonly string[]): string[] {
  const words = names.map((name) => WORDS[name] ?? name.replace(/(?<=[a-z\d])(?=[A-Z])/g, ' ').toLowerCase());
  return [...new Set(words)];
}

const MARKS: Readonly<Record<PlannedStep['what'], string>> = {
  add: '+ add    ',
  adopt: '+ adopt  ',
  change: '~ change ',
  replace: '! REPLACE',
  remove: '- remove ',
  leave: '. leave  ',
};

/**
 * Returns a line for each option, then one for each step: `~ change   max-size: none → 5 GiB`, `! REPLACE  user pool:
 * all its users are lost`. Omits changes of metadata, which only store the options; a line reports that nothing else changes.
 * @param isCharged Whether resources cost money, as on AWS.
 */
export function planLines(
  steps: readonly PlannedStep[],
  options: readonly OptionChange[] = [],
  { isCharged = false }: { readonly isCharged?: boolean } = {},
): string[] {
  const told = steps.filter(
    ({ what, type, properties }) =>
      !(what === 'change' && isMetadata(properties)) &&
      // Every deploy retains old versions of the function.
      !(what === 'leave' && type === 'AWS::Lambda::Version'),
  );
  const ofOptions = options.map(({ name, from, to }) => `  ${MARKS.change}  ${name}: ${from} → ${to}`);
  const ofSteps = told.map((step) => {
    const { what, type } = step;
    const properties = step.properties.filter((name) => name !== 'Metadata');
    const more = consequence(step, isCharged);
    const which = properties.length === 0 ? '' : ` (${describeProperty(properties).join(', ')})`;
    return `  ${MARKS[what]}  ${resourceName(type)}${which}${more === undefined ? '' : `: ${more}`}`;
  });
  const lines = [...ofOptions, ...ofSteps];
  return lines.length === 0 ? ["  no resource, only CloudFormation's records"] : lines;
}

function isMetadata(properties: readonly string[]): boolean {
  return properties.length > 0 && properties.every((name) => name === 'Metadata');
}

/** Returns the steps that lose data. */
export function losses(steps: readonly PlannedStep[]): PlannedStep[] {
  return steps.filter(({ loses }) => loses !== undefined);
}
