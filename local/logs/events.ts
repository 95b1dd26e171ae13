import { flag, list, required, text, withDefault } from '../shape.ts';
import { notSupported } from '../wire/errors.ts';
import {
  groupName,
  invalid,
  invalidToken,
  limit,
  noSuch,
  operation,
  pageToken,
  streamName,
  time,
} from './operation.ts';
import type { LogEvent } from './store.ts';

/** A term: `word` or `"some words"`. One of the terms with `?` must match, none of those with `-`. */
const TERM = /([?-]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g;

/**
 * Returns a test of messages for a filter pattern of terms, which are case-sensitive:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 *
 * @throws AwsError `InvalidParameterException` for patterns of JSON, of columns and of regular expressions
 */
function matcher(pattern: string): (message: string) => boolean {
  if (/^\s*[{[]|%/.test(pattern)) {
    throw notSupported(`the filter pattern ${pattern}; it supports terms only`, 'InvalidParameterException');
  }
  const terms = [...pattern.matchAll(TERM)].map(([, sign = '', quoted, word = '']) => ({
    sign,
    text: quoted?.replace(/\\(.)/g, '$1') ?? word,
  }));
  const signed = (wanted: string) => terms.filter(({ sign }) => sign === wanted).map(({ text }) => text);
  const [all, some, none] = [signed(''), signed('?'), signed('-')];
  if (some.length > 0 && all.length + none.length > 0) {
    throw notSupported('terms with and without ? in one pattern', 'InvalidParameterException');
  }
  return (message) => {
    const has = (term: string) => message.includes(term);
    return all.every(has) && !none.some(has) && (some.length === 0 || some.some(has));
  };
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html */
const MOST_EVENTS = 10_000;

const range = {
  startTime: withDefault(time, 0),
  endTime: withDefault(time, Number.MAX_SAFE_INTEGER),
  limit: withDefault(limit(MOST_EVENTS), MOST_EVENTS),
  nextToken: pageToken,
};

function described({ timestamp, message }: LogEvent) {
  return { timestamp, message, ingestionTime: timestamp };
}

export const eventOperations = {
  /** Both ends of the time range are inclusive. The token of a page is the id of the event before it. */
  FilterLogEvents: operation(
    {
      logGroupName: required(groupName),
      logStreamNames: list(streamName, { min: 1, max: 100 }),
      logStreamNamePrefix: streamName,
      filterPattern: withDefault(text({ max: 1024 }), ''),
      interleaved: flag(),
      ...range,
    },
    (store, { logStreamNames: names, logStreamNamePrefix: prefix, nextToken: after = '', ...input }) => {
      if (names !== undefined && prefix !== undefined) {
        throw invalid('logStreamNames and logStreamNamePrefix cannot be given both');
      }
      if (after !== '' && !/^\d{56}$/.test(after)) throw invalidToken();
      const { startTime: from, endTime: to } = input;
      const matches = matcher(input.filterPattern);
      const isWanted = (stream: string) => names?.includes(stream) ?? stream.startsWith(prefix ?? '');
      const all = store.events(input.logGroupName, isWanted, from);
      if (all === undefined) throw noSuch('group');
      const found = all.filter(
        ({ id, timestamp, message }) =>
          timestamp >= from && timestamp <= to && id > after && matches(message),
      );
      const page = found.slice(0, input.limit);
      const last = page.at(-1);
      return {
        events: page.map((event) => ({
          ...described(event),
          eventId: event.id,
          logStreamName: event.stream,
        })),
        searchedLogStreams: [],
        nextToken: page.length < found.length ? last?.id : undefined,
      };
    },
  ),
  /**
   * The end of the time range is exclusive, and pages go in both directions:
   * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
   */
  GetLogEvents: operation(
    {
      logGroupName: required(groupName),
      logStreamName: required(streamName),
      startFromHead: withDefault(flag(), false),
      ...range,
    },
    (store, { logGroupName: group, logStreamName: stream, startTime: from, endTime: to, ...input }) => {
      const { limit: most, nextToken, startFromHead } = input;
      const [, direction, at = ''] = /^([fb])\/(\d{56})$/.exec(nextToken ?? '') ?? [];
      if (nextToken !== undefined && direction === undefined) throw invalidToken();
      const all = store.events(group, (name) => name === stream);
      if (all === undefined) throw noSuch('group');
      if (all.length === 0) throw noSuch('stream');
      const within = all.filter(({ timestamp }) => timestamp >= from && timestamp < to);
      const forward = direction === 'f' || (direction === undefined && startFromHead);
      const ahead = within.filter(({ id }) => direction === undefined || (forward ? id > at : id < at));
      const page = forward ? ahead.slice(0, most) : ahead.slice(-most);
      // At either end, the same token is returned again, so that callers detect the end.
      const here = at === '' ? undefined : at;
      return {
        events: page.map(described),
        nextForwardToken: `f/${page.at(-1)?.id ?? here ?? all.at(-1)?.id}`,
        nextBackwardToken: `b/${page[0]?.id ?? here ?? all[0]?.id}`,
      };
    },
  ),
};
