import type {
  CloudWatchLogsClient,
  FilteredLogEvent,
  FilterLogEventsCommandOutput,
} from '@aws-sdk/client-cloudwatch-logs';
import { isUserError } from '../../errors.ts';
import { onAws, pages } from '../aws-calls.ts';
import { unexpectedAwsResponse } from '../aws-failures.ts';
import type { StackOutputs, StackWork } from '../find-stack.ts';
import { lineText } from './log-line.ts';

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

/** Days, as for CloudFront's access logs. */
const LOG_RETENTION_DAYS = 90;

/** Every replica logs under the name of the function in us-east-1. */
export function logGroup(functionName: string): string {
  return `/aws/lambda/us-east-1.${functionName}`;
}

export interface EdgeLogLine {
  readonly id: string;
  readonly at: Date;
  readonly region: string;
  readonly text: string;
  /** The line is from Lambda, not from the function. */
  readonly isPlatform: boolean;
}

export interface LogQuery {
  readonly functionName: string;
  readonly regions: readonly string[];
  readonly since: Date;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && error.name === 'ResourceNotFoundException';
}

/** Yields the lines of one region, oldest first; none if no replica has run there. */
async function* regionLines(
  { clients, context: { signal } }: StackWork,
  region: string,
  { functionName, since }: LogQuery,
): AsyncGenerator<EdgeLogLine> {
  const { FilterLogEventsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const logs = await clients.logsIn(region);
  const read = async (nextToken?: string): Promise<FilterLogEventsCommandOutput> => {
    try {
      return await logs.send(
        new FilterLogEventsCommand({
          logGroupName: logGroup(functionName),
          startTime: since.getTime(),
          nextToken,
        }),
      );
    } catch (error) {
      if (isMissing(error)) return { events: [], $metadata: {} };
      throw error;
    }
  };
  const listed = pages({
    doing: `Reading the logs in ${region}`,
    signal,
    ask: read,
    next: ({ nextToken }) => nextToken,
  });
  for await (const { events = [] } of listed) for (const event of events) yield line(event, region);
}

function line({ eventId = '', timestamp, message = '' }: FilteredLogEvent, region: string): EdgeLogLine {
  const at = new Date(timestamp ?? Number.NaN);
  if (Number.isNaN(at.getTime()))
    throw unexpectedAwsResponse('CloudWatch Logs', `Reading the logs in ${region}`, 'a line without a time');
  return { id: `${region}/${eventId}`, at, region, ...lineText(message.trimEnd()) };
}

/** Yields the lines of all regions, oldest first. */
export async function* edgeLogLines(work: StackWork, query: LogQuery): AsyncGenerator<EdgeLogLine> {
  const sources = query.regions.map((region) => regionLines(work, region, query));
  const heads = await Promise.all(sources.map(async (source) => ({ source, head: await source.next() })));
  for (;;) {
    let next: { source: AsyncGenerator<EdgeLogLine>; head: IteratorResult<EdgeLogLine> } | undefined;
    for (const one of heads) {
      if (one.head.done) continue;
      if (next === undefined || next.head.done || one.head.value.at < next.head.value.at) next = one;
    }
    if (next === undefined || next.head.done) return;
    yield next.head.value;
    next.head = await next.source.next();
  }
}

/** Sends one request in each region. Returns the regions where it is not allowed. Skips regions without a log group. */
async function inEachRegion(
  { clients }: StackWork,
  what: string,
  call: (logs: CloudWatchLogsClient) => Promise<unknown>,
): Promise<string[]> {
  const refused = await Promise.all(
    LOG_REGIONS.map(async (region) => {
      const logs = await clients.logsIn(region);
      try {
        await call(logs);
      } catch (error) {
        if (isMissing(error)) return [];
        if (error instanceof Error && /AccessDenied|UnrecognizedClient/.test(error.name)) return [region];
        return onAws(`${what} in ${region}`, () => Promise.reject(error));
      }
      return [];
    }),
  );
  return refused.flat();
}

/** Deletes the function's log groups everywhere, and returns the regions where that is not allowed. */
export async function deleteEdgeLogs(work: StackWork, functionName: string): Promise<string[]> {
  const { DeleteLogGroupCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const command = new DeleteLogGroupCommand({ logGroupName: logGroup(functionName) });
  return inEachRegion(work, 'Deleting the logs', (logs) => logs.send(command));
}

/**
 * Has the function's logs expire. Lambda creates a group for each region when the function first runs there, without an
 * expiry; the next deploy reaches groups that appear later. Returns the regions where that is not allowed.
 */
async function expireEdgeLogs(work: StackWork, functionName: string): Promise<string[]> {
  const { PutRetentionPolicyCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const command = new PutRetentionPolicyCommand({
    logGroupName: logGroup(functionName),
    retentionInDays: LOG_RETENTION_DAYS,
  });
  return inEachRegion(work, 'Setting the expiry of the logs', (logs) => logs.send(command));
}

/** Sets the edge's logs to expire. A failure is a warning: the edge serves, and the next deploy tries again. */
export async function keepLogsBounded(work: StackWork, { edgeFunction }: StackOutputs): Promise<void> {
  if (edgeFunction === undefined) return;
  try {
    const refused = await expireEdgeLogs(work, edgeFunction);
    if (refused.length === 0) return;
    work.context.ui.event({
      type: 'warning',
      text: `The edge's logs do not expire in ${refused.join(', ')}: logs:PutRetentionPolicy is not allowed.`,
    });
  } catch (error) {
    if (!isUserError(error) || error.code === 'interrupted') throw error;
    work.context.ui.event({ type: 'warning', text: `The edge's logs do not expire yet: ${error.message}` });
  }
}
