import type { StackResourceDrift } from '@aws-sdk/client-cloudformation';
import type { StackOptions } from '../../../infra/options.ts';
import { omitUndefined } from '../../../protocol/fields.ts';
import { command, type HintLine } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { REPLACE_POOL } from '../../identity/cognito-errors.ts';
import { pause } from '../../network/cancellation.ts';
import { formatDuration } from '../../ui/format.ts';
import { resourceName } from '../../ui/resource-words.ts';
import { ifAllowed, onAws, pages } from '../aws-calls.ts';
import { type FoundStack, isWhole, pollInterval, type StackWork } from '../find-stack.ts';
import { describeProperty } from '../operate/plan.ts';
import { BUCKET_POLICY, policyDrift } from './bucket-policy.ts';
import type { Check, StackSnapshot } from './check.ts';

/** A resource that was changed or deleted outside of CloudFormation. */
interface Drifted {
  readonly type: string;
  readonly isDeleted: boolean;
  /** Names of the changed properties. */
  readonly properties: readonly string[];
}

/** The commands that show and undo what was changed outside edge-upload. */
export const RESTORE: readonly HintLine[] = [
  'See what a deploy would change back:',
  command`edge-upload deploy --revert-drift --dry-run`,
  'Change it back:',
  command`edge-upload deploy --revert-drift`,
];

const DOING = 'Comparing the resources with the template';

/** Milliseconds. AWS documents up to several minutes. */
const DETECTION_MS = 5 * 60_000;

/** How a detection ended. */
interface Detection {
  /** Whether its results can be read: of all resources, or of those that CloudFormation could compare. */
  readonly hasResults: boolean;
  /** Why resources were not compared, if some or all were not. */
  readonly reason?: string;
}

/** CloudFormation's message for a second detection, which has no code. */
const RUNNING = /already in progress/i;

/**
 * Starts a detection. Returns its id; `undefined` while another one of the same stack runs.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DetectStackDrift.html
 */
async function startDetection({ clients }: StackWork, stackId: string): Promise<string | undefined> {
  const { DetectStackDriftCommand } = await import('@aws-sdk/client-cloudformation');
  return onAws(DOING, async () => {
    try {
      const detect = new DetectStackDriftCommand({ StackName: stackId });
      return (await clients.cloudformation.send(detect)).StackDriftDetectionId;
    } catch (error) {
      if (error instanceof Error && error.name === 'ValidationError' && RUNNING.test(error.message)) return;
      throw error;
    }
  });
}

/** Has CloudFormation compare all resources with the template. */
async function detect(work: StackWork, stackId: string): Promise<Detection> {
  const { clients, context } = work;
  const StackDriftDetectionId = await startDetection(work, stackId);
  if (StackDriftDetectionId === undefined)
    return { hasResults: false, reason: 'another drift detection is running; try again in a few minutes' };
  const { DescribeStackDriftDetectionStatusCommand } = await import('@aws-sdk/client-cloudformation');
  const since = context.now().getTime();
  let isFirst = true;
  for (;;) {
    const { DetectionStatus, DetectionStatusReason } = await onAws(DOING, () =>
      clients.cloudformation.send(new DescribeStackDriftDetectionStatusCommand({ StackDriftDetectionId })),
    );
    if (DetectionStatus === 'DETECTION_COMPLETE') return { hasResults: true };
    if (DetectionStatus !== 'DETECTION_IN_PROGRESS')
      return {
        hasResults: true,
        reason: DetectionStatusReason ?? `CloudFormation reports ${DetectionStatus}`,
      };
    if (isFirst) context.ui.event({ type: 'note', text: `${DOING}, which takes a minute.` });
    isFirst = false;
    if (context.now().getTime() - since > DETECTION_MS) {
      const reason = `CloudFormation did not compare the resources within ${formatDuration(DETECTION_MS)}`;
      return { hasResults: false, reason };
    }
    await pause(pollInterval(work), context.signal, 'Nothing was changed.');
  }
}

/** Returns what the detection found. */
async function driftedResources(
  { clients, context: { signal } }: StackWork,
  stackId: string,
): Promise<Drifted[]> {
  const { DescribeStackResourceDriftsCommand } = await import('@aws-sdk/client-cloudformation');
  const listed = pages({
    doing: DOING,
    signal,
    ask: (NextToken?: string) =>
      clients.cloudformation.send(
        new DescribeStackResourceDriftsCommand({
          StackName: stackId,
          StackResourceDriftStatusFilters: ['MODIFIED', 'DELETED'],
          NextToken,
        }),
      ),
    next: ({ NextToken }) => NextToken,
  });
  const found: Drifted[] = [];
  for await (const { StackResourceDrifts = [] } of listed) found.push(...StackResourceDrifts.map(drifted));
  return found;
}

function drifted({
  ResourceType: type = '',
  StackResourceDriftStatus,
  PropertyDifferences = [],
}: StackResourceDrift): Drifted {
  const names = PropertyDifferences.map(({ PropertyPath = '' }) => {
    const [, first = '', second] = PropertyPath.split('/');
    // All settings of a distribution are below one property.
    return first === 'DistributionConfig' ? (second ?? first) : first;
  });
  return { type, isDeleted: StackResourceDriftStatus === 'DELETED', properties: [...new Set(names)] };
}

function words({ type, isDeleted, properties }: Drifted): string {
  const changed = describeProperty(properties);
  const what = isDeleted ? 'deleted' : changed.length === 0 ? 'changed' : changed.join(', ');
  return `${resourceName(type)} (${what})`;
}

const POOL = 'AWS::Cognito::UserPool';

interface ComparedPolicy {
  readonly drifted: readonly Drifted[];
  /** Why the operator is not allowed to compare it. */
  readonly denied?: string;
}

/** Compares the bucket's policy: CloudFormation may not notice that it was deleted or changed. */
async function comparePolicy(work: StackWork, snapshot: StackSnapshot): Promise<ComparedPolicy> {
  let denied: string | undefined;
  const drift = await ifAllowed(
    () => policyDrift(work, snapshot),
    ({ message }) => {
      denied = message;
    },
  );
  if (drift === undefined || drift === 'denied') return { drifted: [], ...omitUndefined({ denied }) };
  const { isDeleted } = drift;
  return { drifted: [{ type: BUCKET_POLICY, isDeleted, properties: ['PolicyDocument'] }] };
}

/** A new bucket is empty, and a new key invalidates what the old one signed: other checks report what to do instead. */
function hasOwnCheck({ type, isDeleted }: Drifted): boolean {
  return isDeleted && (type === 'AWS::S3::Bucket' || type === 'AWS::KMS::Key');
}

/** Checks that nobody has changed or deleted the stack's resources outside of CloudFormation. */
export function driftCheck(work: StackWork, snapshot: StackSnapshot): Check {
  return {
    name: 'drift',
    run: async () => {
      const stack = await snapshot.stack();
      if (stack === undefined) return { skipped: 'there is no stack' };
      if (!isWhole(stack)) return { skipped: `the stack is ${stack.status}` };
      const detection = await ifAllowed(() => detect(work, stack.id));
      if (detection === 'denied') return { skipped: 'not allowed (cloudformation:DetectStackDrift)' };
      const { hasResults, reason } = detection;
      const listed = hasResults ? await ifAllowed(() => driftedResources(work, stack.id)) : [];
      if (listed === 'denied') return { skipped: 'not allowed (cloudformation:DescribeStackResourceDrifts)' };
      const isListed = listed.some(({ type }) => type === BUCKET_POLICY);
      const policy = isListed ? { drifted: [] } : await comparePolicy(work, snapshot);
      const found = [...listed.filter((one) => !hasOwnCheck(one)), ...policy.drifted];
      if (found.length > 0) {
        const what = found.map(words).join('; ');
        const isPoolGone = found.some(({ type, isDeleted }) => isDeleted && type === POOL);
        const hint = isPoolGone ? REPLACE_POOL : RESTORE;
        throw new UserError('stack_failed', `Changed outside edge-upload: ${what}.`, { hint });
      }
      if (reason !== undefined) return { skipped: reason };
      const unread =
        policy.denied === undefined ? '' : `; the bucket policy was not compared. ${policy.denied}`;
      return { found: `the resources are as they were deployed${unread}` };
    },
  };
}

/** Options of a deploy that decide which drift it ends. */
type Given = Pick<StackOptions, 'userPool' | 'bucketName'>;

/** Whether a deploy with these options removes or replaces a resource, and with it its drift. */
function isEnded({ type }: Drifted, { userPool, bucketName }: Given): boolean {
  if (userPool === false && type.startsWith('AWS::Cognito::')) return true;
  return bucketName !== undefined && (type === 'AWS::S3::Bucket' || type === BUCKET_POLICY);
}

/**
 * Warns before a deploy of what the last detection found, unless the deploy removes it, as in the advice for a deleted
 * user pool.
 */
export async function warnOfDrift(work: StackWork, { id, drifted }: FoundStack, given: Given): Promise<void> {
  if (!drifted) return;
  const listed = await ifAllowed(() => driftedResources(work, id));
  const known = listed === 'denied' ? [] : listed;
  const left = known.filter((one) => !isEnded(one, given));
  if (known.length > 0 && left.length === 0) return;
  const what = left.length === 0 ? '' : `: ${left.map(words).join('; ')}`;
  work.context.ui.event({
    type: 'warning',
    text: [
      `Resources of ${work.stackName} were changed outside edge-upload (drift)${what}. A deploy overwrites only what it changes itself.`,
      'Check all resources again:',
      command`edge-upload doctor`,
      ...RESTORE,
    ],
  });
}

/** Returns the row of `status` for what the last detection found, until the next deploy. */
export function driftRow({ drifted: isDrifted }: FoundStack): string | undefined {
  return isDrifted ? 'resources were changed outside edge-upload' : undefined;
}
