import type { JsonObject } from '../json.ts';
import { AwsError } from '../wire/errors.ts';
import { matcher } from './filter-pattern.ts';
import { flag, invalid, limit, only, optionalText, text, texts, time } from './input.ts';
import type { LogEvent, LogStore } from './store.ts';

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html */
const MOST_EVENTS = 10_000;

export function noSuch(what: 'group' | 'stream'): AwsError {
  return new AwsError('ResourceNotFoundException', `The specified log ${what} does not exist.`);
}

/** Both ends of the range are within it. */
export function filterLogEvents(store: LogStore, body: JsonObject): JsonObject {
  only('FilterLogEvents', body, [
    'logGroupName',
    'logStreamNames',
    'logStreamNamePrefix',
    'startTime',
    'endTime',
    'filterPattern',
    'limit',
    'nextToken',
    'interleaved',
  ]);
  const [from, to] = [time(body, 'startTime', 0), time(body, 'endTime', Number.MAX_SAFE_INTEGER)];
  const most = limit(body, MOST_EVENTS);
  const matches = matcher(optionalText(body, 'filterPattern') ?? '');
  const after = tokenOf(body, '');
  const all = store.events(text(body, 'logGroupName'), streamsOf(body), from);
  if (all === undefined) throw noSuch('group');
  const found = all.filter(
    ({ id, timestamp, message }) => timestamp >= from && timestamp <= to && id > after && matches(message),
  );
  const page = found.slice(0, most);
  const last = page.at(-1);
  return {
    events: page.map((event) => ({ ...described(event), eventId: event.id, logStreamName: event.stream })),
    searchedLogStreams: [],
    ...(page.length < found.length && last !== undefined ? { nextToken: last.id } : {}),
  };
}

function streamsOf(body: JsonObject): (stream: string) => boolean {
  const names = texts(body, 'logStreamNames');
  const prefix = optionalText(body, 'logStreamNamePrefix');
  if (names !== undefined && prefix !== undefined) {
    throw invalid('logStreamNames and logStreamNamePrefix cannot be given both');
  }
  return (stream) => names?.includes(stream) ?? stream.startsWith(prefix ?? '');
}

/**
 * The end of the range is not within it, and pages go both ways:
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
 */
export function getLogEvents(store: LogStore, body: JsonObject): JsonObject {
  only('GetLogEvents', body, [
    'logGroupName',
    'logStreamName',
    'startTime',
    'endTime',
    'startFromHead',
    'limit',
    'nextToken',
  ]);
  const [from, to] = [time(body, 'startTime', 0), time(body, 'endTime', Number.MAX_SAFE_INTEGER)];
  const most = limit(body, MOST_EVENTS);
  const [group, stream] = [text(body, 'logGroupName'), text(body, 'logStreamName')];
  const [, direction, at = ''] = /^([fb])\/(\d{56})$/.exec(optionalText(body, 'nextToken') ?? '') ?? [];
  if (body.nextToken !== undefined && direction === undefined) throw invalidToken();
  const all = store.events(group, (name) => name === stream);
  if (all === undefined) throw noSuch('group');
  if (all.length === 0) throw noSuch('stream');
  const within = all.filter(({ timestamp }) => timestamp >= from && timestamp < to);
  const forward = direction === 'f' || (direction === undefined && flag(body, 'startFromHead'));
  const ahead = within.filter(({ id }) => direction === undefined || (forward ? id > at : id < at));
  const page = forward ? ahead.slice(0, most) : ahead.slice(-most);
  // At either end its token comes back again, by which callers know that they are there.
  const here = at === '' ? undefined : at;
  return {
    events: page.map(described),
    nextForwardToken: `f/${page.at(-1)?.id ?? here ?? all.at(-1)?.id}`,
    nextBackwardToken: `b/${page[0]?.id ?? here ?? all[0]?.id}`,
  };
}

function described({ timestamp, message }: LogEvent) {
  return { timestamp, message, ingestionTime: timestamp };
}

/** A page's token is the id of the event before it. */
function tokenOf(body: JsonObject, otherwise: string): string {
  const token = optionalText(body, 'nextToken');
  if (token === undefined || /^\d{56}$/.test(token)) return token ?? otherwise;
  throw invalidToken();
}

function invalidToken(): AwsError {
  return invalid('The specified nextToken is invalid.');
}
