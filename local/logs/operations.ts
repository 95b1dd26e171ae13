import { omitUndefined } from '../../protocol/fields.ts';
import { flag, oneOf, optional, required, strings, structure } from '../shape.ts';
import { paginate } from '../wire/paging.ts';
import { filterLogEvents, getLogEvents } from './events.ts';
import {
  groupArn,
  groupExists,
  invalid,
  invalidToken,
  limit,
  newGroupName,
  noSuch,
  type Operation,
  operation,
  retentionDays,
  word,
} from './operation.ts';
import type { LogStore } from './store.ts';

/** Groups or streams on one page. */
const PAGE = 50;

const strict = { strict: true };
const pageFields = { limit: optional(limit(PAGE), PAGE), nextToken: optional(word) };

const describeLogGroups = operation(
  structure({ logGroupNamePrefix: optional(word, ''), ...pageFields }, strict),
  (store, { logGroupNamePrefix: prefix, limit, nextToken: token }) => {
    const found = store.groups().filter(({ name }) => name.startsWith(prefix));
    const { items, next } = paginate(found, { limit, token, keyOf: ({ name }) => name, invalidToken });
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
      ...omitUndefined({ nextToken: next }),
    };
  },
);

const describeLogStreams = operation(
  structure(
    {
      logGroupName: required(word),
      logStreamNamePrefix: optional(word, ''),
      orderBy: optional(oneOf(['LogStreamName', 'LastEventTime']), 'LogStreamName'),
      descending: optional(flag(), false),
      ...pageFields,
    },
    strict,
  ),
  (
    store,
    { logGroupName: group, logStreamNamePrefix: prefix, orderBy, descending, limit, nextToken: token },
  ) => {
    if (orderBy === 'LastEventTime' && prefix !== '') {
      throw invalid('Cannot order by LastEventTime with a logStreamNamePrefix.');
    }
    const streams = store.streams(group);
    if (streams === undefined) throw noSuch('group');
    const { items, next } = paginate(
      streams.filter(({ name }) => name.startsWith(prefix)),
      {
        limit,
        token,
        descending,
        keyOf: ({ name, last }) =>
          orderBy === 'LogStreamName' ? name : `${String(last).padStart(16, '0')} ${name}`,
        invalidToken,
      },
    );
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
      ...omitUndefined({ nextToken: next }),
    };
  },
);

const deleteLogGroup = operation(
  structure({ logGroupName: required(word) }, strict),
  (store, { logGroupName }) => {
    if (!store.delete(logGroupName)) throw noSuch('group');
    return {};
  },
);

const createLogGroup = operation(
  structure({ logGroupName: required(newGroupName), tags: optional(strings()) }, strict),
  (store, { logGroupName: name, tags }) => {
    if (store.settings(name) !== undefined) throw groupExists();
    store.configure(name, omitUndefined({ tags }));
    return {};
  },
);

const putRetentionPolicy = operation(
  structure({ logGroupName: required(word), retentionInDays: required(retentionDays) }, strict),
  (store, { logGroupName: name, retentionInDays }) => {
    store.configure(name, { ...existing(store, name), retentionInDays });
    return {};
  },
);

const deleteRetentionPolicy = operation(
  structure({ logGroupName: required(word) }, strict),
  (store, { logGroupName: name }) => {
    const { retentionInDays: _, ...rest } = existing(store, name);
    store.configure(name, rest);
    return {};
  },
);

function existing(store: LogStore, name: string) {
  const settings = store.settings(name);
  if (settings === undefined) throw noSuch('group');
  return settings;
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
