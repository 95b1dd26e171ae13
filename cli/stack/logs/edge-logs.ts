import type { FilteredLogEvent, FilterLogEventsCommandOutput } from '@aws-sdk/client-cloudwatch-logs';
import { pages } from '../aws-calls.ts';
import { unexpectedAwsResponse } from '../aws-failures.ts';
import type { StackWork } from '../find-stack.ts';
import { isMissingGroup, logGroup } from './log-groups.ts';

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
      if (isMissingGroup(error)) return { events: [], $metadata: {} };
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

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    // The line was cut, or only begins like JSON.
    return undefined;
  }
}

/** Lambda's own lines in its text format, in which the first builds logged. */
const PLATFORM =
  /^(?:(?:START|END|REPORT) RequestId: |(?:INIT|RESTORE)_(?:START|REPORT)\b|(?:EXTENSION|LOGS|TELEMETRY)\tName: )/;

/**
 * Returns the text of one event of a log group, in Lambda's JSON format. Other text is returned unchanged.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
 */
export function lineText(event: string): { readonly text: string; readonly isPlatform: boolean } {
  const json = parsed(event);
  if (json === undefined) return { text: event, isPlatform: PLATFORM.test(event) };
  const { type, message, errorType, errorMessage } = json;
  if (typeof type === 'string' && type.startsWith('platform.')) return { text: event, isPlatform: true };
  if (typeof json.timestamp !== 'string') return { text: event, isPlatform: false };
  if (typeof message === 'string') return { text: message, isPlatform: false };
  const failure = [errorType, errorMessage].filter((part) => typeof part === 'string').join(': ');
  return { text: failure === '' ? event : failure, isPlatform: false };
}
