import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { awsCli } from '../../support/aws-cli.ts';
import { missing } from '../../support/programs.ts';
import { GROUP, refusal, STREAM, setUp } from './fixture.ts';

const NO_GROUP = refusal('ResourceNotFoundException', 'The specified log group does not exist.');

test('creates groups with their first event, lists and deletes them', async (t) => {
  const { client, write } = await setUp(t);
  const logs = client();
  await assert.rejects(logs.filterLogEvents({ logGroupName: GROUP }), NO_GROUP);
  assert.deepEqual((await logs.describeLogGroups({})).logGroups, []);
  const begun = write(['one\n']);
  write(['other\n'], { group: '/aws/lambda/us-east-1.another' });
  const { logGroups = [] } = await logs.describeLogGroups({});
  assert.deepEqual(
    logGroups.map(({ logGroupName }) => logGroupName),
    ['/aws/lambda/us-east-1.another', GROUP],
  );
  const [, { storedBytes = 0, ...group } = {}] = logGroups;
  assert.ok(storedBytes > 0);
  assert.deepEqual(group, {
    logGroupName: GROUP,
    creationTime: begun,
    metricFilterCount: 0,
    arn: `arn:aws:logs:us-east-1:000000000000:log-group:${GROUP}:*`,
    logGroupArn: `arn:aws:logs:us-east-1:000000000000:log-group:${GROUP}`,
    logGroupClass: 'STANDARD',
  });
  const first = await logs.describeLogGroups({ limit: 1 });
  const second = await logs.describeLogGroups({ limit: 1, nextToken: first.nextToken });
  assert.deepEqual([second.logGroups?.[0]?.logGroupName, second.nextToken], [GROUP, undefined]);
  const prefixed = await logs.describeLogGroups({ logGroupNamePrefix: GROUP });
  assert.equal(prefixed.logGroups?.length, 1);
  await logs.deleteLogGroup({ logGroupName: GROUP });
  await assert.rejects(logs.filterLogEvents({ logGroupName: GROUP }), NO_GROUP);
  await assert.rejects(logs.deleteLogGroup({ logGroupName: GROUP }), NO_GROUP);
  write(['again\n']);
  assert.equal((await logs.filterLogEvents({ logGroupName: GROUP })).events?.[0]?.message, 'again\n');
});

test('has groups in the home region only', async (t) => {
  const { client, write } = await setUp(t);
  write(['one\n']);
  const elsewhere = client('eu-west-1');
  await assert.rejects(elsewhere.filterLogEvents({ logGroupName: GROUP }), NO_GROUP);
  await assert.rejects(elsewhere.describeLogStreams({ logGroupName: GROUP }), NO_GROUP);
  await assert.rejects(elsewhere.deleteLogGroup({ logGroupName: GROUP }), NO_GROUP);
  assert.deepEqual((await elsewhere.describeLogGroups({})).logGroups, []);
});

test('lists streams by name or by their last event', async (t) => {
  const { client, write } = await setUp(t);
  const begun = write(['1\n', '2\n', '3\n'], { stream: 'a' });
  write(['1\n', '2\n'], { stream: 'b' });
  write(['1\n'], { stream: 'c' });
  const names = async (more: object) =>
    (await client().describeLogStreams({ logGroupName: GROUP, ...more })).logStreams?.map(
      ({ logStreamName }) => logStreamName,
    );
  assert.deepEqual(await names({}), ['a', 'b', 'c']);
  assert.deepEqual(await names({ descending: true, limit: 2 }), ['c', 'b']);
  assert.deepEqual(await names({ orderBy: 'LastEventTime' }), ['c', 'b', 'a']);
  assert.deepEqual(await names({ logStreamNamePrefix: 'b' }), ['b']);
  const { logStreams: [stream] = [] } = await client().describeLogStreams({ logGroupName: GROUP });
  assert.deepEqual(
    [stream?.firstEventTimestamp, stream?.lastEventTimestamp, stream?.arn],
    [begun, begun + 2000, `arn:aws:logs:us-east-1:000000000000:log-group:${GROUP}:log-stream:a`],
  );
  await assert.rejects(
    names({ orderBy: 'LastEventTime', logStreamNamePrefix: 'b' }),
    refusal('InvalidParameterException', 'Cannot order by LastEventTime with a logStreamNamePrefix.'),
  );
});

test('keeps private events over a restart, despite a truncated line', async (t) => {
  const { dataDir, client, write, reopen } = await setUp(t);
  write(['one\n', 'two\nlines\n']);
  const folder = join(dataDir, 'us-east-1', encodeURIComponent(GROUP));
  const [file = ''] = readdirSync(folder);
  assert.equal(statSync(join(folder, file)).mode & 0o077, 0);
  assert.equal(statSync(folder).mode & 0o077, 0);
  appendFileSync(join(folder, file), '{"id":"0","messa');
  reopen();
  const { events = [] } = await client().filterLogEvents({ logGroupName: GROUP });
  assert.deepEqual(
    events.map(({ message }) => message),
    ['one\n', 'two\nlines\n'],
  );
});

test('keeps the newest 50 streams, and the newest megabytes of each', async (t) => {
  const { client, write } = await setUp(t);
  for (let stream = 0; stream < 60; stream += 1) write(['x\n'], { stream: `s${stream}` });
  const { logStreams = [], nextToken } = await client().describeLogStreams({ logGroupName: GROUP });
  assert.equal(logStreams.length, 50);
  assert.equal(nextToken, undefined);
  assert.ok(logStreams.some(({ logStreamName }) => logStreamName === 's59'));
  const long = 'x'.repeat(256 * 1024);
  write(
    Array.from({ length: 60 }, (_, at) => `${at} ${long}`),
    { stream: 'long' },
  );
  const { logGroups: [group] = [] } = await client().describeLogGroups({});
  assert.ok((group?.storedBytes ?? 0) < 10 * 1024 * 1024, `${group?.storedBytes} bytes`);
  const { events = [] } = await client().getLogEvents({
    logGroupName: GROUP,
    logStreamName: 'long',
    limit: 1,
  });
  assert.match(events[0]?.message ?? '', /^59 /);
});

test('refuses callers without permission, and unsupported operations by name', async (t) => {
  const { client, endpoint } = await setUp(t);
  await assert.rejects(
    client('us-east-1', 'wrong').describeLogGroups({}),
    refusal('InvalidSignatureException'),
  );
  const unsigned = await fetch(endpoint, {
    method: 'POST',
    headers: { 'x-amz-target': 'Logs_20140328.DescribeLogGroups' },
    body: '{}',
  });
  assert.equal(unsigned.status, 400);
  assert.match(await unsigned.text(), /MissingAuthenticationTokenException/);
  await assert.rejects(
    client().listTagsLogGroup({ logGroupName: 'x' }),
    refusal('UnknownOperationException'),
  );
  await assert.rejects(
    client().describeLogGroups({ logGroupNamePattern: 'x' }),
    refusal(
      'InvalidParameterException',
      'The embedded cloud does not support the parameter logGroupNamePattern.',
    ),
  );
  await assert.rejects(
    client().describeLogStreams({ logGroupName: GROUP, limit: 51 }),
    refusal('InvalidParameterException', /Value at 'limit' .* less than or equal to 50$/),
  );
  await assert.rejects(client().filterLogEvents({ logGroupName: '/aws/lambda/../../x' }), NO_GROUP);
});

test('the AWS CLI reads them', { skip: missing('aws') }, async (t) => {
  const { endpoint, write } = await setUp(t);
  write(['seen by others\n']);
  const logs = awsCli(endpoint, 'logs');
  const aws = (...args: string[]) => logs(...args, '--log-group-name', GROUP);
  const filtered = await aws('filter-log-events', '--filter-pattern', '"seen by"');
  assert.equal(filtered.events[0].message, 'seen by others\n');
  const got = await aws('get-log-events', '--log-stream-name', STREAM);
  assert.equal(got.events[0].timestamp, filtered.events[0].timestamp);
});
