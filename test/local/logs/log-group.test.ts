import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../../local/json.ts';
import { createRequest } from '../create-request.ts';
import { GROUP, refusal, setUp } from './fixture.ts';

const DAY_MS = 86_400_000;
const request = (properties: JsonObject, logicalId = 'Logs') => createRequest(properties, logicalId);

test('creates a template’s group at once, and deletes it with its events', async (t) => {
  const { client, groups, write, reopen } = await setUp(t);
  const logs = client();
  const properties = { LogGroupName: GROUP, RetentionInDays: 30, Tags: [{ Key: 'a', Value: 'b' }] };
  const Arn = `arn:aws:logs:us-east-1:000000000000:log-group:${GROUP}:*`;
  const state = await groups().create(request(properties));
  assert.deepEqual(state, { physicalId: GROUP, attributes: { Arn } });
  assert.deepEqual(await groups().create(request(properties)), state);
  reopen();
  const [group] = (await logs.describeLogGroups({})).logGroups ?? [];
  assert.deepEqual([group?.logGroupName, group?.retentionInDays, group?.storedBytes], [GROUP, 30, 0]);
  assert.ok(Math.abs(Number(group?.creationTime) - Date.now()) < 60_000);
  assert.deepEqual((await logs.filterLogEvents({ logGroupName: GROUP })).events, []);
  write(['one\n']);
  assert.equal((await logs.filterLogEvents({ logGroupName: GROUP })).events?.length, 1);
  await groups().update({
    physicalId: GROUP,
    properties: { LogGroupName: GROUP, RetentionInDays: 7 },
    previous: properties,
  });
  assert.equal((await logs.describeLogGroups({})).logGroups?.[0]?.retentionInDays, 7);
  await groups().delete(GROUP, properties);
  await groups().delete(GROUP, properties);
  assert.deepEqual((await logs.describeLogGroups({})).logGroups, []);
});

test('expires events', async (t) => {
  const { client, write } = await setUp(t);
  const logs = client();
  write(['old\n'], { ago: 4 * DAY_MS });
  write(['new\n'], { ago: 2 * DAY_MS });
  const messages = async () =>
    (await logs.filterLogEvents({ logGroupName: GROUP })).events?.map(({ message }) => message);
  assert.deepEqual(await messages(), ['old\n', 'new\n']);
  await logs.putRetentionPolicy({ logGroupName: GROUP, retentionInDays: 3 });
  assert.deepEqual(await messages(), ['new\n']);
  await logs.deleteRetentionPolicy({ logGroupName: GROUP });
  assert.equal((await logs.describeLogGroups({})).logGroups?.[0]?.retentionInDays, undefined);
});

test('creates groups by the API, and refuses existing, unknown and invalid ones', async (t) => {
  const { client, groups, write } = await setUp(t);
  const logs = client('eu-west-1');
  await logs.createLogGroup({ logGroupName: GROUP });
  await assert.rejects(
    logs.createLogGroup({ logGroupName: GROUP }),
    refusal('ResourceAlreadyExistsException'),
  );
  await logs.putRetentionPolicy({ logGroupName: GROUP, retentionInDays: 1 });
  assert.equal((await logs.describeLogGroups({})).logGroups?.[0]?.retentionInDays, 1);
  await assert.rejects(
    logs.putRetentionPolicy({ logGroupName: GROUP, retentionInDays: 2 }),
    refusal('InvalidParameterException'),
  );
  for (const call of [
    logs.putRetentionPolicy({ logGroupName: '/none', retentionInDays: 1 }),
    logs.deleteRetentionPolicy({ logGroupName: '/none' }),
  ]) {
    await assert.rejects(call, refusal('ResourceNotFoundException'));
  }
  write(['one\n']);
  for (const [properties, code] of [
    [{ LogGroupName: GROUP }, 'ResourceAlreadyExistsException'],
    [{ LogGroupName: 'not a name' }, 'InvalidRequest'],
    [{ RetentionInDays: 2 }, 'InvalidRequest'],
    [{ LogGroupClass: 'INFREQUENT_ACCESS' }, 'InvalidRequest'],
    [{ KmsKeyId: 'key' }, 'InvalidRequest'],
    [{ Colour: 'blue' }, 'InvalidRequest'],
  ] as const) {
    await assert.rejects(groups().create(request(properties, 'Other')), { code });
  }
  const { physicalId } = await groups().create(request({}, 'Named'));
  assert.equal(physicalId, 'stack-Named-0123456789ab');
});

test('keeps groups whose names no folder can have', async (t) => {
  const { client, write, reopen } = await setUp(t);
  const logs = client();
  const names = ['.', '..', 'a'.repeat(512), '/'.repeat(512)];
  for (const logGroupName of names.slice(0, 3)) await logs.createLogGroup({ logGroupName });
  const written = names[3];
  write(['one\n'], { group: written });
  reopen();
  const listed = async () =>
    (await logs.describeLogGroups({})).logGroups?.map(({ logGroupName }) => logGroupName);
  assert.deepEqual(await listed(), [...names].sort());
  assert.equal((await logs.filterLogEvents({ logGroupName: written })).events?.length, 1);
  for (const logGroupName of names) await logs.deleteLogGroup({ logGroupName });
  assert.deepEqual(await listed(), []);
});

test('checks names, tags and patterns of requests before the group', async (t) => {
  const { client } = await setUp(t);
  const logs = client();
  await logs.createLogGroup({ logGroupName: GROUP, tags: { a: '' } });
  assert.deepEqual((await logs.filterLogEvents({ logGroupName: GROUP, filterPattern: '' })).events, []);
  const [name, long] = ['none', 'x'.repeat(513)];
  for (const call of [
    logs.describeLogGroups({ logGroupNamePrefix: 'a b' }),
    logs.describeLogStreams({ logGroupName: long }),
    logs.deleteLogGroup({ logGroupName: 'a b' }),
    logs.filterLogEvents({ logGroupName: name, filterPattern: 'x'.repeat(1025) }),
    logs.filterLogEvents({ logGroupName: name, logStreamNames: [] }),
    logs.getLogEvents({ logGroupName: name, logStreamName: 'a:b' }),
    logs.createLogGroup({ logGroupName: name, tags: { [long]: '' } }),
    logs.createLogGroup({ logGroupName: name, tags: { a: long } }),
    logs.createLogGroup({
      logGroupName: name,
      tags: Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`${at}`, ''])),
    }),
  ]) {
    await assert.rejects(call, refusal('InvalidParameterException', /^1 validation error detected: /));
  }
});
