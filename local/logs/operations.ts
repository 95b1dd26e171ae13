import { omitUndefined } from '../../protocol/omit-undefined.ts';
import { ACCOUNT_ID, REGION } from '../account.ts';
import type { JsonObject } from '../json.ts';
import { filterLogEvents, getLogEvents, noSuch } from './events.ts';
import { GROUP_NAME, groupExists, RETENTION_DAYS } from './group-rules.ts';
import { flag, invalid, limit, only, optionalText, text } from './input.ts';
import type { LogStore } from './store.ts';

export type Operation = (store: LogStore, body: JsonObject) => JsonObject;

/** Groups or streams on one page. */
const PAGE = 50;

function groupArn(name: string): string {
  return `arn:aws:logs:${REGION}:${ACCOUNT_ID}:log-group:${name}`;
}

interface PageRequest {
  readonly after: string | undefined;
  readonly most: number;
}

function pageRequest(body: JsonObject): PageRequest {
  return { after: optionalText(body, 'nextToken'), most: limit(body, PAGE) };
}

/** A page of what is sorted by key; the token of the next one is the last key. */
function page<T>(all: readonly T[], { after, most }: PageRequest, keyOf: (item: T) => string) {
  const start = after === undefined ? 0 : all.findIndex((item) => keyOf(item) === after) + 1;
  if (after !== undefined && start === 0) throw invalid('The specified nextToken is invalid.');
  const items = all.slice(start, start + most);
  const last = items.at(-1);
  const more = start + items.length < all.length && last !== undefined;
  return { items, next: more ? { nextToken: keyOf(last) } : {} };
}

function describeLogGroups(store: LogStore, body: JsonObject): JsonObject {
  only('DescribeLogGroups', body, ['logGroupNamePrefix', 'limit', 'nextToken']);
  const request = pageRequest(body);
  const prefix = optionalText(body, 'logGroupNamePrefix') ?? '';
  const found = store.groups().filter(({ name }) => name.startsWith(prefix));
  const { items, next } = page(found, request, ({ name }) => name);
  return {
    logGroups: items.map(({ name, bytes, created, retentionInDays }) => ({
      logGroupName: name,
      creationTime: created,
      ...omitUndefined({ retentionInDays }),
      metricFilterCount: 0,
      arn: `${groupArn(name)}:*`,
      logGroupArn: groupArn(name),
      logGroupClass: 'STANDARD',
      storedBytes: bytes,
    })),
    ...next,
  };
}

function describeLogStreams(store: LogStore, body: JsonObject): JsonObject {
  only('DescribeLogStreams', body, [
    'logGroupName',
    'logStreamNamePrefix',
    'orderBy',
    'descending',
    'limit',
    'nextToken',
  ]);
  const request = pageRequest(body);
  const group = text(body, 'logGroupName');
  const prefix = optionalText(body, 'logStreamNamePrefix') ?? '';
  const order = optionalText(body, 'orderBy') ?? 'LogStreamName';
  if (order !== 'LogStreamName' && order !== 'LastEventTime') {
    throw invalid(`orderBy must be LogStreamName or LastEventTime, not ${order}`);
  }
  if (order === 'LastEventTime' && prefix !== '') {
    throw invalid('Cannot order by LastEventTime with a logStreamNamePrefix.');
  }
  const streams = store.streams(group);
  if (streams === undefined) throw noSuch('group');
  const found = streams.filter(({ name }) => name.startsWith(prefix));
  if (order === 'LastEventTime') found.sort((one, other) => one.last - other.last);
  if (flag(body, 'descending')) found.reverse();
  const { items, next } = page(found, request, ({ name }) => name);
  return {
    logStreams: items.map(({ name, first, last }) => ({
      logStreamName: name,
      creationTime: first,
      firstEventTimestamp: first,
      lastEventTimestamp: last,
      lastIngestionTime: last,
      arn: `${groupArn(group)}:log-stream:${name}`,
      storedBytes: 0,
    })),
    ...next,
  };
}

function deleteLogGroup(store: LogStore, body: JsonObject): JsonObject {
  only('DeleteLogGroup', body, ['logGroupName']);
  if (!store.delete(text(body, 'logGroupName'))) throw noSuch('group');
  return {};
}

function createLogGroup(store: LogStore, body: JsonObject): JsonObject {
  only('CreateLogGroup', body, ['logGroupName', 'tags']);
  const name = text(body, 'logGroupName');
  if (!GROUP_NAME.test(name)) throw invalid(`${name} is not a name for a log group`);
  if (store.settings(name) !== undefined) throw groupExists();
  store.configure(name, {});
  return {};
}

function putRetentionPolicy(store: LogStore, body: JsonObject): JsonObject {
  only('PutRetentionPolicy', body, ['logGroupName', 'retentionInDays']);
  const days = RETENTION_DAYS.find((one) => one === body.retentionInDays);
  if (days === undefined) throw invalid(`retentionInDays must be one of ${RETENTION_DAYS.join(', ')}`);
  const { name, settings } = existing(store, body);
  store.configure(name, { ...settings, retentionInDays: days });
  return {};
}

function deleteRetentionPolicy(store: LogStore, body: JsonObject): JsonObject {
  only('DeleteRetentionPolicy', body, ['logGroupName']);
  const { name, settings } = existing(store, body);
  const { retentionInDays: _, ...rest } = settings;
  store.configure(name, rest);
  return {};
}

function existing(store: LogStore, body: JsonObject) {
  const name = text(body, 'logGroupName');
  const settings = store.settings(name);
  if (settings === undefined) throw noSuch('group');
  return { name, settings };
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_Operations.html */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ['DescribeLogGroups', describeLogGroups],
  ['DescribeLogStreams', describeLogStreams],
  ['FilterLogEvents', filterLogEvents],
  ['GetLogEvents', getLogEvents],
  ['CreateLogGroup', createLogGroup],
  ['DeleteLogGroup', deleteLogGroup],
  ['PutRetentionPolicy', putRetentionPolicy],
  ['DeleteRetentionPolicy', deleteRetentionPolicy],
]);
