import { ACCOUNT_ID, REGION } from '../account.ts';
import type { Json, JsonObject } from '../json.ts';
import { AwsError } from '../wire/errors.ts';
import type { LogGroups } from './groups.ts';

export type Operation = (groups: LogGroups, body: JsonObject) => JsonObject;

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html */
const MOST_EVENTS = 10_000;

/** The one stream that a group has here. */
const STREAM = '$LATEST';

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}

/** Refuses what is not understood by name, so that nothing is quietly left out of an answer. */
function only(operation: string, body: JsonObject, known: readonly string[]): void {
  const unknown = Object.keys(body).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw invalid(`${operation} with ${unknown.join(', ')} is not done by the embedded cloud`);
  }
}

function text(value: Json | undefined, name: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(
    `1 validation error detected: Value at '${name}' failed to satisfy constraint: Member must not be null`,
  );
}

function integer(value: Json | undefined, name: string, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalid(`${name} must be a non-negative integer`);
}

function describeLogGroups(groups: LogGroups, body: JsonObject): JsonObject {
  only('DescribeLogGroups', body, ['logGroupNamePrefix', 'limit', 'nextToken']);
  const prefix =
    body.logGroupNamePrefix === undefined ? '' : text(body.logGroupNamePrefix, 'logGroupNamePrefix');
  const limit = integer(body.limit, 'limit', 50);
  const after = body.nextToken === undefined ? '' : text(body.nextToken, 'nextToken');
  const found = groups.list().filter(({ name }) => name.startsWith(prefix) && name > after);
  const page = found.slice(0, Math.min(limit, 50));
  const last = page.at(-1);
  return {
    logGroups: page.map(({ name, bytes }) => ({
      logGroupName: name,
      arn: `arn:aws:logs:${REGION}:${ACCOUNT_ID}:log-group:${name}:*`,
      storedBytes: bytes,
    })),
    ...(page.length < found.length && last !== undefined ? { nextToken: last.name } : {}),
  };
}

function filterLogEvents(groups: LogGroups, body: JsonObject): JsonObject {
  only('FilterLogEvents', body, [
    'logGroupName',
    'startTime',
    'endTime',
    'limit',
    'nextToken',
    'interleaved',
  ]);
  const name = text(body.logGroupName, 'logGroupName');
  const from = integer(body.startTime, 'startTime', 0);
  const to = integer(body.endTime, 'endTime', Number.MAX_SAFE_INTEGER);
  const limit = integer(body.limit, 'limit', MOST_EVENTS);
  if (limit < 1 || limit > MOST_EVENTS) throw invalid(`limit must be from 1 to ${MOST_EVENTS}`);
  const matching = groups.events(name).filter(({ timestamp }) => timestamp >= from && timestamp <= to);
  const begun = startOf(matching, body.nextToken);
  const page = matching.slice(begun, begun + limit);
  const last = page.at(-1);
  return {
    events: page.map(({ id, timestamp, message }) => ({
      eventId: id,
      timestamp,
      ingestionTime: timestamp,
      logStreamName: STREAM,
      message,
    })),
    searchedLogStreams: [],
    ...(begun + limit < matching.length && last !== undefined ? { nextToken: last.id } : {}),
  };
}

/** A page's token names the event before it. */
function startOf(events: readonly { readonly id: string }[], token: Json | undefined): number {
  if (token === undefined) return 0;
  const before = events.findIndex(({ id }) => id === token);
  if (before < 0) throw invalid('The specified nextToken is invalid.');
  return before + 1;
}

function deleteLogGroup(groups: LogGroups, body: JsonObject): JsonObject {
  only('DeleteLogGroup', body, ['logGroupName']);
  groups.delete(text(body.logGroupName, 'logGroupName'));
  return {};
}

export const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ['DescribeLogGroups', describeLogGroups],
  ['FilterLogEvents', filterLogEvents],
  ['DeleteLogGroup', deleteLogGroup],
]);
