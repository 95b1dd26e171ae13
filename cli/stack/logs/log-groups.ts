import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { omitUndefined } from '../../../protocol/fields.ts';
import { command } from '../../command-line.ts';
import type { UserError } from '../../errors.ts';
import { pause } from '../../network/cancellation.ts';
import { asTask } from '../../ui/create.ts';
import { awsFailure } from '../aws-failures.ts';
import type { StackOutputs, StackWork } from '../find-stack.ts';

/**
 * The regions that every account can use. A copy of the function logs in the region nearest to where it runs, each in its
 * own group: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-logs.html
 */
export const LOG_REGIONS: readonly string[] = [
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'ca-central-1',
  'sa-east-1',
  'eu-central-1',
  'eu-north-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-southeast-1',
  'ap-southeast-2',
];

/** Days until CloudWatch deletes a line, as for CloudFront's access logs. */
export const LOG_RETENTION_DAYS = 90;

/** Every replica logs under the name of the function in us-east-1. */
export function logGroup(functionName: string): string {
  return `/aws/lambda/us-east-1.${functionName}`;
}

/** Whether an error means that a region has no such log group: no replica has run there. */
export function isMissingGroup(error: unknown): boolean {
  return error instanceof Error && error.name === 'ResourceNotFoundException';
}

/** A region where a request failed for another reason than a permission. */
interface FailedRegion {
  readonly region: string;
  readonly cause: unknown;
  /** The error to print. */
  readonly error: UserError;
}

/** What was found in the regions, and the regions where the request is not allowed or failed. */
interface InRegions<T> {
  readonly found: readonly T[];
  readonly refused: readonly string[];
  readonly failed: readonly FailedRegion[];
}

/** Runs requests in each region. Skips regions without a log group. A failure in one region does not affect the others. */
async function inEachRegion<T>(
  { clients }: StackWork,
  doing: string,
  call: (logs: CloudWatchLogsClient, region: string) => Promise<T>,
): Promise<InRegions<T>> {
  const found: T[] = [];
  const refused: string[] = [];
  const failed: FailedRegion[] = [];
  const ask = async (region: string) => {
    try {
      found.push(await call(await clients.logsIn(region), region));
    } catch (cause) {
      if (isMissingGroup(cause)) return;
      if (cause instanceof Error && /AccessDenied|UnrecognizedClient/.test(cause.name)) {
        refused.push(region);
        return;
      }
      const error = awsFailure(cause, doing);
      if (error.code === 'interrupted') throw error;
      failed.push({ region, cause, error });
    }
  };
  await Promise.all(LOG_REGIONS.map(ask));
  return {
    found,
    refused: LOG_REGIONS.filter((region) => refused.includes(region)),
    failed: LOG_REGIONS.flatMap((region) => failed.find((one) => one.region === region) ?? []),
  };
}

/** Deletes the function's log groups everywhere, and returns the regions where that is not allowed. */
export async function deleteEdgeLogs(work: StackWork, functionName: string): Promise<readonly string[]> {
  const { DeleteLogGroupCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const command = new DeleteLogGroupCommand({ logGroupName: logGroup(functionName) });
  const doing = 'Deleting the logs';
  const { refused, failed } = await inEachRegion(work, doing, (logs) => logs.send(command));
  const [first] = failed;
  if (first !== undefined) throw awsFailure(first.cause, `${doing} in ${first.region}`);
  return refused;
}

/** A region in which the function has logged. */
interface EdgeLogGroup {
  readonly region: string;
  /** Days until CloudWatch deletes a line. Absent: never. */
  readonly retentionInDays?: number;
}

/** Returns the function's log group in the region of a client; `undefined` without one. */
async function findGroup(logs: CloudWatchLogsClient, name: string) {
  const { DescribeLogGroupsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }));
  return logGroups.find(({ logGroupName }) => logGroupName === name);
}

const READING = 'Looking up the expiry of the logs';

/** Returns the function's log groups of all regions, and the regions where they are not read. */
export async function findEdgeLogGroups(
  work: StackWork,
  functionName: string,
): Promise<InRegions<EdgeLogGroup>> {
  const { found, ...unread } = await inEachRegion(work, READING, async (logs, region) => {
    const group = await findGroup(logs, logGroup(functionName));
    return group && { region, ...omitUndefined({ retentionInDays: group.retentionInDays }) };
  });
  return { found: found.flatMap((group) => group ?? []), ...unread };
}

const EXPIRING = 'Setting the expiry of the logs';

/**
 * Sets the expiry of the function's log groups that have none. Lambda creates a group for each region when the function
 * first runs there, without an expiry. Groups with one keep it: an operator has set it, perhaps to keep the lines longer.
 */
async function expireEdgeLogs(work: StackWork, functionName: string) {
  const { PutRetentionPolicyCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const logGroupName = logGroup(functionName);
  const put = new PutRetentionPolicyCommand({ logGroupName, retentionInDays: LOG_RETENTION_DAYS });
  const read = new Set<string>();
  let hasGroup = false;
  const { refused, failed } = await inEachRegion(work, EXPIRING, async (logs, region) => {
    const group = await findGroup(logs, logGroupName);
    read.add(region);
    hasGroup ||= group !== undefined;
    if (group !== undefined && group.retentionInDays === undefined) await logs.send(put);
  });
  return {
    hasGroup,
    unread: refused.filter((region) => !read.has(region)),
    unset: refused.filter((region) => read.has(region)),
    failed,
  };
}

/** Returns the failed regions of each reason. */
export function regionsByReason(failed: readonly FailedRegion[]): Map<string, string[]> {
  const reasons = new Map<string, string[]>();
  for (const {
    region,
    error: { message },
  } of failed)
    reasons.set(message, [...(reasons.get(message) ?? []), region]);
  return reasons;
}

/** Names regions in a sentence. */
export function inRegions(regions: readonly string[]): string {
  return regions.length === LOG_REGIONS.length ? 'any region' : regions.join(', ');
}

/** Milliseconds. Lambda creates the log group of a new function some seconds after its first request. */
const NEW_GROUP_MS = 15_000;
const NEW_GROUP_INTERVAL_MS = 1_000;

type Expired = Awaited<ReturnType<typeof expireEdgeLogs>>;

/** Whether no region has a log group, as far as regions are read. */
const isMissing = ({ hasGroup, unread, failed }: Expired) =>
  !hasGroup && unread.length + failed.length < LOG_REGIONS.length;

/** Sets the edge's logs to expire once its first log group exists. The next deploy sets the expiry of a later one. */
function awaitGroup(work: StackWork, edgeFunction: string, first: Expired): Promise<Expired> {
  const { ui, signal } = work.context;
  const detail = (expired: Expired) => (isMissing(expired) ? 'there is none yet' : 'done');
  return asTask(ui, "Waiting for the edge's log group", detail, async () => {
    let expired = first;
    for (let waited = 0; isMissing(expired) && waited < NEW_GROUP_MS; waited += NEW_GROUP_INTERVAL_MS) {
      await pause(NEW_GROUP_INTERVAL_MS, signal, 'The stack is deployed.');
      expired = await expireEdgeLogs(work, edgeFunction);
    }
    return expired;
  });
}

/**
 * Sets the edge's logs to expire. A failure is a warning: the edge serves, and the next deploy tries again.
 * @param isNew Whether the edge was created just now: waits for its first log group.
 */
export async function keepLogsBounded(
  work: StackWork,
  { edgeFunction }: StackOutputs,
  { isNew = false }: { readonly isNew?: boolean } = {},
): Promise<void> {
  if (edgeFunction === undefined) return;
  const first = await expireEdgeLogs(work, edgeFunction);
  const isLate = isNew && isMissing(first);
  const { unread, unset, failed } = isLate ? await awaitGroup(work, edgeFunction, first) : first;
  const denied = [
    [unread, 'logs:DescribeLogGroups'],
    [unset, 'logs:PutRetentionPolicy'],
  ] as const;
  const refusals = denied.flatMap(([regions, action]) =>
    regions.length === 0
      ? []
      : `No expiry of the edge's logs was set in ${inRegions(regions)}: ${action} is not allowed.`,
  );
  const text = [
    ...[...regionsByReason(failed)].map(
      ([reason, regions]) => `No expiry of the edge's logs was set in ${inRegions(regions)}. ${reason}`,
    ),
    ...refusals,
    ...(refusals.length === 0 ? [] : ['Print the policy that operators need:', command`edge-upload policy`]),
  ];
  if (text.length > 0) work.context.ui.event({ type: 'warning', text });
}
