import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Identities } from '../../../local/auth/identities.ts';
import { createEvents, type ServiceEvent } from '../../../local/events/service.ts';
import type { Json, JsonObject } from '../../../local/json.ts';
import { AwsError } from '../../../local/wire/errors.ts';

const TOPIC = 'arn:aws:sns:us-east-1:000000000000:topic';

const EVENT: ServiceEvent = {
  source: 'aws.s3',
  detailType: 'Object Created',
  time: '2026-11-28T12:00:00.123Z',
  resources: ['arn:aws:s3:::uploads'],
  detail: {
    bucket: { name: 'uploads' },
    object: { key: 'ada/"q3".pdf', size: 7 },
    tags: ['a', 'b'],
    list: [{ name: 'first' }],
  },
};

function openRoom(t: TestContext) {
  const dataDir = mkdtempSync(join(tmpdir(), 'events-'));
  t.after(() => rmSync(dataDir, { recursive: true }));
  const published: (readonly [topic: string, message: string, rule: string])[] = [];
  let refuse = false;
  const open = () =>
    createEvents({
      dataDir,
      now: () => new Date(),
      identities: new Identities(),
      publish: (...message) => {
        if (refuse) throw new AwsError('AuthorizationError', 'no', 403);
        published.push(message);
      },
    });
  const events = open();
  const [rules] = events.resources;
  assert.ok(rules !== undefined);
  const base = { stackName: 'stack', logicalId: 'Rule', suffix: '0123456789abcdefghij' };
  return {
    events,
    open,
    rules,
    published,
    refuse: () => {
      refuse = true;
    },
    create: (properties: JsonObject, suffix = base.suffix) => rules.create({ ...base, suffix, properties }),
  };
}

const target = (more: JsonObject = {}): JsonObject => ({ Id: 'Target0', Arn: TOPIC, ...more });
const S3: JsonObject = { source: ['aws.s3'] };

test('matches events with a pattern by each of its fields', async (t) => {
  const rows: readonly (readonly [pattern: JsonObject, fits: boolean])[] = [
    [{ source: ['aws.s3'] }, true],
    [{ source: ['aws.ec2', 'aws.s3'], 'detail-type': ['Object Created'] }, true],
    [{ source: ['aws.s3'], 'detail-type': ['Object Deleted'] }, false],
    [{ detail: { bucket: { name: ['uploads'] } } }, true],
    [{ detail: { bucket: { name: ['other'] } } }, false],
    [{ detail: { bucket: ['uploads'] } }, false],
    [{ detail: { object: { size: [7] } } }, true],
    [{ detail: { object: { size: ['7'] } } }, false],
    [{ detail: { object: { key: [{ prefix: 'ada/' }] } } }, true],
    [{ detail: { object: { key: [{ prefix: ['bob/', 'ada/'] }] } } }, true],
    [{ detail: { object: { key: [{ suffix: '.pdf' }] } } }, true],
    [{ detail: { object: { key: [{ 'anything-but': { prefix: '.well-known/' } }] } } }, true],
    [{ detail: { object: { key: [{ 'anything-but': { prefix: ['bob/', 'ada/'] } }] } } }, false],
    [{ detail: { object: { key: [{ 'anything-but': ['a', 'ada/"q3".pdf'] }] } } }, false],
    [{ detail: { object: { size: [{ prefix: '7' }] } } }, false],
    [{ detail: { object: { etag: [{ exists: false }] } } }, true],
    [{ detail: { object: { etag: [{ 'anything-but': 'a' }] } } }, false],
    [{ detail: { constructor: [{ exists: true }] } }, false],
    [{ detail: { tags: ['b'] } }, true],
    [{ detail: { tags: ['c'] } }, false],
    [{ resources: ['arn:aws:s3:::uploads'], account: ['000000000000'], region: ['us-east-1'] }, true],
  ];
  for (const [EventPattern, fits] of rows) {
    const room = openRoom(t);
    await room.create({ EventPattern, Targets: [target()] });
    room.events.put(EVENT);
    assert.equal(room.published.length === 1, fits, JSON.stringify(EventPattern));
  }
});

test('sends a target the event, or the text of its transformer', async (t) => {
  const room = openRoom(t);
  await room.create({ EventPattern: S3, Targets: [target()] });
  const InputPathsMap = {
    key: '$.detail.object.key',
    size: '$.detail.object.size',
    first: '$.detail.list[0].name',
    none: '$.detail.none.at[3].all',
    tags: '$.detail.tags',
  };
  const InputTemplate =
    '"Key: <key>"\n"<size> bytes, <first><none>"\n{"key": <key>, "tags": <tags>, "no": <none>}';
  await room.create(
    { EventPattern: S3, Targets: [target({ InputTransformer: { InputPathsMap, InputTemplate } })] },
    'ffffffffffffffffffff',
  );
  room.events.put(EVENT);
  const [[topic, whole, rule] = [], [, text = '', other] = []] = room.published;
  assert.deepEqual(
    [topic, rule],
    [TOPIC, 'arn:aws:events:us-east-1:000000000000:rule/stack-Rule-0123456789ab'],
  );
  assert.notEqual(other, rule);
  const { id, ...event } = JSON.parse(whole ?? '') as JsonObject;
  assert.match(String(id), /^[\da-f-]{36}$/);
  assert.deepEqual(event, {
    version: '0',
    'detail-type': EVENT.detailType,
    source: EVENT.source,
    account: '000000000000',
    time: '2026-11-28T12:00:00Z',
    region: 'us-east-1',
    resources: EVENT.resources,
    detail: EVENT.detail,
  });
  assert.deepEqual(
    text.split('\n').map((line) => JSON.parse(line) as Json),
    ['Key: ada/"q3".pdf', '7 bytes, first', { key: 'ada/"q3".pdf', tags: ['a', 'b'], no: '' }],
  );
});

test('keeps a rule over a restart; changes, disables and deletes it', async (t) => {
  const room = openRoom(t);
  const properties = { EventPattern: S3, Targets: [target()] };
  const state = await room.create(properties);
  assert.deepEqual(await room.create(properties), state);
  await assert.rejects(room.create({ ...properties, Name: state.physicalId }, 'f'.repeat(20)), {
    code: 'ResourceAlreadyExistsException',
  });
  const count = (events = room.events) => {
    room.published.length = 0;
    events.put(EVENT);
    return room.published.length;
  };
  assert.equal(count(room.open()), 1);
  const change = (more: JsonObject) =>
    room.rules.update({
      physicalId: state.physicalId,
      properties: { ...properties, ...more },
      previous: properties,
    });
  await change({ State: 'DISABLED' });
  assert.equal(count(), 0);
  await change({ State: 'ENABLED' });
  assert.equal(count(), 1);
  await room.rules.delete(state.physicalId, properties);
  await room.rules.delete(state.physicalId, properties);
  assert.equal(count(), 0);
});

test('drops an event that a topic refuses without delaying others', async (t) => {
  const room = openRoom(t);
  await room.create({ EventPattern: S3, Targets: [target()] });
  room.refuse();
  room.events.put(EVENT);
  assert.deepEqual(room.published, []);
});

test('refuses invalid and unsupported rules by name', async (t) => {
  const room = openRoom(t);
  const transformer = (InputTemplate: string, InputPathsMap: JsonObject = {}): JsonObject => ({
    EventPattern: S3,
    Targets: [target({ InputTransformer: { InputPathsMap, InputTemplate } })],
  });
  const rows: readonly (readonly [properties: JsonObject, says: RegExp])[] = [
    [{}, /EventPattern/],
    [{ EventPattern: {} }, /Empty objects/],
    [{ EventPattern: { source: 'aws.s3' } }, /must be an object or an array/],
    [{ EventPattern: { source: [] } }, /Empty arrays/],
    [{ EventPattern: { source: [{ prefix: 'a', suffix: 'b' }] } }, /Only one key/],
    [{ EventPattern: { source: [{ 'anything-but': [] }] } }, /anything-but/],
    [{ EventPattern: { source: [{ wildcard: '*' }] } }, /not support wildcard/],
    [{ EventPattern: { source: [{ numeric: ['>', 1] }] } }, /not support numeric/],
    [{ EventPattern: { $or: [] } }, /not support \$or/],
    [
      { EventPattern: S3, Targets: [{ Id: 'a', Arn: 'arn:aws:sqs:us-east-1:000000000000:q' }] },
      /not support the target/,
    ],
    [{ EventPattern: S3, Targets: [target({ RoleArn: 'arn' })] }, /RoleArn/],
    [{ EventPattern: S3, ScheduleExpression: 'rate(1 day)' }, /ScheduleExpression/],
    [{ EventPattern: S3, EventBusName: 'mine' }, /EventBusName/],
    [transformer('"<key>"'), /invalid placeholder <key>/],
    [transformer('"<key>"', { key: 'detail.key' }), /Invalid InputPath/],
    [transformer('plain text'), /not JSON/],
  ];
  for (const [properties, says] of rows) {
    await assert.rejects(room.create(properties), says, JSON.stringify(properties));
  }
});
