import { omitUndefined } from '../../protocol/fields.ts';
import { flag, oneOf, required, strings, tagKey, tagValue, withDefault } from '../shape.ts';
import { paginate } from '../wire/paging.ts';
import {
  groupArn,
  groupExists,
  groupName,
  invalid,
  invalidToken,
  limit,
  noSuch,
  operation,
  pageToken,
  retentionDays,
  streamName,
} from './operation.ts';
import type { LogStore } from './store.ts';

/** Groups or streams on one page. */
const PAGE = 50;

const groupTags = strings({ names: tagKey, values: tagValue, max: 50 });

const pageFields = { limit: withDefault(limit(PAGE), PAGE), nextToken: pageToken };

function existing(store: LogStore, name: string) {
  const settings = store.settings(name);
  if (settings === undefined) throw noSuch('group');
  return settings;
}

export const groupOperations = {
  DescribeLogGroups: operation(
    { logGroupNamePrefix: withDefault(groupName, ''), ...pageFields },
    (store, { logGroupNamePrefix: prefix, limit, nextToken: token }) => {
      const found = store.groups().filter(({ name }) => name.startsWith(prefix));
      const { items, next } = paginate(found, { limit, token, keyOf: ({ name }) => name, invalidToken });
      return {
        logGroups: items.map(({ name, bytes, created, retentionInDays }) => ({
          logGroupName: name,
          creationTime: created,
          retentionInDays,
          metricFilterCount: 0,
          arn: `${groupArn(name)}:*`,
          logGroupArn: groupArn(name),
          logGroupClass: 'STANDARD',
          storedBytes: bytes,
        })),
        nextToken: next,
      };
    },
  ),
  DescribeLogStreams: operation(
    {
      logGroupName: required(groupName),
      logStreamNamePrefix: withDefault(streamName, ''),
      orderBy: withDefault(oneOf(['LogStreamName', 'LastEventTime']), 'LogStreamName'),
      descending: withDefault(flag(), false),
      ...pageFields,
    },
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
        nextToken: next,
      };
    },
  ),
  DeleteLogGroup: operation({ logGroupName: required(groupName) }, (store, { logGroupName }) => {
    if (!store.delete(logGroupName)) throw noSuch('group');
  }),
  CreateLogGroup: operation(
    { logGroupName: required(groupName), tags: groupTags },
    (store, { logGroupName: name, tags }) => {
      if (store.settings(name) !== undefined) throw groupExists();
      store.configure(name, omitUndefined({ tags }));
    },
  ),
  PutRetentionPolicy: operation(
    { logGroupName: required(groupName), retentionInDays: required(retentionDays) },
    (store, { logGroupName: name, retentionInDays }) => {
      store.configure(name, { ...existing(store, name), retentionInDays });
    },
  ),
  DeleteRetentionPolicy: operation({ logGroupName: required(groupName) }, (store, { logGroupName: name }) => {
    const { retentionInDays: _, ...rest } = existing(store, name);
    store.configure(name, rest);
  }),
};
