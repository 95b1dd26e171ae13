import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { omitUndefined } from '../../../protocol/fields.ts';
import { isUserError } from '../../errors.ts';
import { onAws } from '../aws-calls.ts';
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

/** Whether CloudWatch Logs answered that a region has no such log group: no replica has run there. */
export function isMissingGroup(error: unknown): boolean {
  return error instanceof Error && error.name === 'ResourceNotFoundException';
}

/** What was found in the regions, and the regions where the request is not allowed. */
interface InRegions<T> {
  readonly found: readonly T[];
  readonly refused: readonly string[];
}

/** Sends one request in each region. Skips regions without a log group. */
async function inEachRegion<T>(
  { clients }: StackWork,
  regions: readonly string[],
  doing: string,
  call: (logs: CloudWatchLogsClient, region: string) => Promise<T>,
): Promise<InRegions<T>> {
  const found: T[] = [];
  const refused: string[] = [];
  const ask = async (region: string) => {
    const logs = await clients.logsIn(region);
    try {
      found.push(await call(logs, region));
    } catch (error) {
      if (isMissingGroup(error)) return;
      if (error instanceof Error && /AccessDenied|UnrecognizedClient/.test(error.name)) refused.push(region);
      else await onAws(`${doing} in ${region}`, () => Promise.reject(error));
    }
  };
  await Promise.all(regions.map(ask));
  return { found, refused: regions.filter((region) => refused.includes(region)) };
}

/** Deletes the function's log groups everywhere, and returns the regions where that is not allowed. */
export async function deleteEdgeLogs(work: StackWork, functionName: string): Promise<readonly string[]> {
  const { DeleteLogGroupCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const command = new DeleteLogGroupCommand({ logGroupName: logGroup(functionName) });
  return (await inEachRegion(work, LOG_REGIONS, 'Deleting the logs', (logs) => logs.send(command))).refused;
}

/** A region in which the function has logged. */
interface EdgeLogGroup {
  readonly region: string;
  /** Days until CloudWatch deletes a line. Absent: never. */
  readonly retentionInDays?: number;
}

/** Returns the function's log groups of all regions, and the regions where the operator is not allowed to list them. */
export async function findEdgeLogGroups(
  work: StackWork,
  functionName: string,
): Promise<InRegions<EdgeLogGroup>> {
  const { DescribeLogGroupsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const name = logGroup(functionName);
  const command = new DescribeLogGroupsCommand({ logGroupNamePrefix: name });
  const doing = 'Looking up the expiry of the logs';
  const { found, refused } = await inEachRegion(work, LOG_REGIONS, doing, async (logs, region) => {
    const { logGroups = [] } = await logs.send(command);
    const group = logGroups.find(({ logGroupName }) => logGroupName === name);
    return group && { region, ...omitUndefined({ retentionInDays: group.retentionInDays }) };
  });
  return { found: found.flatMap((group) => group ?? []), refused };
}

/**
 * Sets the expiry of the function's log groups that have none. Lambda creates a group for each region when the function
 * first runs there, without an expiry. Groups with one keep it: an operator has set it, perhaps to keep the lines longer.
 */
async function expireEdgeLogs(work: StackWork, functionName: string) {
  const { PutRetentionPolicyCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const { found, refused } = await findEdgeLogGroups(work, functionName);
  const endless = found.flatMap(({ region, retentionInDays }) =>
    retentionInDays === undefined ? region : [],
  );
  const command = new PutRetentionPolicyCommand({
    logGroupName: logGroup(functionName),
    retentionInDays: LOG_RETENTION_DAYS,
  });
  const doing = 'Setting the expiry of the logs';
  const { refused: unset } = await inEachRegion(work, endless, doing, (logs) => logs.send(command));
  return { unread: refused, unset };
}

/** Names regions in a sentence. */
export function inRegions(regions: readonly string[]): string {
  return regions.length === LOG_REGIONS.length ? 'any region' : regions.join(', ');
}

/** Sets the edge's logs to expire. A failure is a warning: the edge serves, and the next deploy tries again. */
export async function keepLogsBounded(work: StackWork, { edgeFunction }: StackOutputs): Promise<void> {
  if (edgeFunction === undefined) return;
  const { ui } = work.context;
  try {
    const { unread, unset } = await expireEdgeLogs(work, edgeFunction);
    for (const [regions, action] of [
      [unread, 'logs:DescribeLogGroups'],
      [unset, 'logs:PutRetentionPolicy'],
    ] as const) {
      if (regions.length === 0) continue;
      const text = `No expiry of the edge's logs was set in ${inRegions(regions)}: ${action} is not allowed.`;
      ui.event({ type: 'warning', text });
    }
  } catch (error) {
    if (!isUserError(error) || error.code === 'interrupted') throw error;
    ui.event({ type: 'warning', text: `The edge's logs do not expire yet: ${error.message}` });
  }
}
