import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Identities } from '../../../local/auth/identities.ts';
import type { JsonObject } from '../../../local/json.ts';
import { createSns, type Sns } from '../../../local/sns/service.ts';
import { serve } from '../../support/serve.ts';

const RULE = 'arn:aws:events:us-east-1:000000000000:rule/uploaded';
const EVENTS = { service: 'events.amazonaws.com', sourceArn: RULE };
const HOUR = 60 * 60 * 1000;

interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly body: string;
}

async function openRoom(t: TestContext) {
  const dataDir = mkdtempSync(join(tmpdir(), 'sns-'));
  t.after(() => rmSync(dataDir, { recursive: true }));
  const mails: Mail[] = [];
  const clock = { at: Date.parse('2026-11-28T12:00:00Z') };
  let endpoint = '';
  const open = () =>
    createSns({
      dataDir,
      now: () => new Date(clock.at),
      identities: new Identities(),
      send: (mail) => void mails.push(mail),
      endpoint: () => endpoint,
    });
  const sns = open();
  endpoint = await serve(t, sns.handle);
  const handler = (type: string) => {
    const found = sns.resources.find((resource) => resource.type === `AWS::SNS::${type}`);
    if (found === undefined) throw new Error(`no handler for ${type}`);
    return found;
  };
  const create = (type: string, properties: JsonObject, suffix = '0123456789abcdefghij') =>
    handler(type).create({ stackName: 'stack', logicalId: type, suffix, properties });
  const { physicalId: topic } = await create('Topic', {});
  const subscribe = (Endpoint: string, suffix?: string) =>
    create('Subscription', { TopicArn: topic, Protocol: 'email', Endpoint }, suffix);
  const link = (mail = mails.at(-1)) => /http:\S+/.exec(mail?.body ?? '')?.[0] ?? '';
  const follow = async (address = link()) => {
    const response = await fetch(address);
    return [response.status, await response.text()] as const;
  };
  return { sns, open, mails, clock, dataDir, handler, create, topic, subscribe, link, follow };
}

const statement = (topic: string, more: JsonObject = {}): JsonObject => ({
  Effect: 'Allow',
  Principal: { Service: 'events.amazonaws.com' },
  Action: 'sns:Publish',
  Resource: topic,
  Condition: { ArnEquals: { 'aws:SourceArn': [RULE] } },
  ...more,
});

const policy = (topic: string, ...Statement: JsonObject[]): JsonObject => ({
  PolicyDocument: { Version: '2012-10-17', Statement },
  Topics: [topic],
});

function refusal(sns: Sns, topic: string, publisher = EVENTS): string {
  try {
    sns.publish(topic, 'text', publisher);
    return '';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

test('sends each message to a confirmed address until it unsubscribes', async (t) => {
  const { sns, open, mails, dataDir, create, topic, subscribe, link, follow, handler } = await openRoom(t);
  await create('TopicPolicy', policy(topic, statement(topic)));
  const { physicalId: arn } = await subscribe('ops@example.com');
  assert.match(arn, new RegExp(`^${topic}:[\\da-f]{8}(-[\\da-f]{4}){3}-[\\da-f]{12}$`));
  await subscribe('ops@example.com');
  const [asked, ...again] = mails;
  assert.ok(asked !== undefined && again.length === 0, 'a repeated create sends no second mail');
  assert.equal(asked.to, 'ops@example.com');
  assert.equal(asked.subject, 'AWS Notification - Subscription Confirmation');
  sns.publish(topic, 'too early', EVENTS);
  assert.equal(mails.length, 1);

  const token = new URL(link(asked)).searchParams.get('Token') ?? '';
  assert.ok(token.length >= 64 && !readFileSync(join(dataDir, 'topics.json'), 'utf8').includes(token));
  const [wrong, why] = await follow(link(asked).replace(token, `${'0'.repeat(64)}`));
  assert.deepEqual([wrong, why.includes('<Code>InvalidParameter</Code>')], [400, true]);
  const [missing, reason] = await follow(link(asked).replace(/&Token=\w+/, ''));
  assert.deepEqual([missing, reason.includes('<Code>InvalidParameter</Code>')], [400, true]);
  const [status, answer] = await follow(link(asked));
  assert.deepEqual([status, answer.includes(`<SubscriptionArn>${arn}</SubscriptionArn>`)], [200, true]);
  assert.equal((await follow(link(asked)))[0], 400, 'a token can be used once');

  open().publish(topic, 'Key: a.txt', EVENTS);
  const notice = mails.at(-1);
  assert.equal(notice?.to, 'ops@example.com');
  assert.equal(notice?.subject, 'AWS Notification Message');
  assert.match(notice?.body ?? '', /^Key: a\.txt\n--\nIf you wish to stop/);

  assert.equal((await follow(link(notice)))[0], 200);
  const { length } = mails;
  sns.publish(topic, 'text', EVENTS);
  assert.equal(mails.length, length);
  await handler('Subscription').delete(arn, {});
});

test('drops a subscription that is not confirmed within two days', async (t) => {
  const { sns, mails, clock, create, topic, subscribe, link, follow } = await openRoom(t);
  await create('TopicPolicy', policy(topic, statement(topic)));
  await subscribe('early@example.com', 'a'.repeat(20));
  const early = link();
  await subscribe('late@example.com', 'b'.repeat(20));
  const late = link();
  clock.at += 47 * HOUR;
  assert.equal((await follow(early))[0], 200);
  clock.at += 2 * HOUR;
  assert.equal((await follow(late))[0], 400);
  sns.publish(topic, 'text', EVENTS);
  assert.deepEqual(
    mails.slice(2).map(({ to }) => to),
    ['early@example.com'],
  );
});

test('keeps a topic and its subscriptions over a restart, and deletes them', async (t) => {
  const { open, handler, topic, subscribe, follow, mails, create } = await openRoom(t);
  await create('TopicPolicy', policy(topic, statement(topic)));
  await subscribe('ops@example.com');
  await follow();
  assert.equal(refusal(open(), topic), '');
  assert.equal(mails.length, 2);
  await handler('Topic').update({ physicalId: topic, properties: { DisplayName: 'Uploads' }, previous: {} });
  assert.equal(refusal(open(), topic), '');
  assert.equal(mails.at(-1)?.subject, 'Uploads');
  await handler('Topic').delete(topic, {});
  await handler('Topic').delete(topic, {});
  assert.equal(refusal(open(), topic), 'NotFound');
});

test('publishes for a service only what the topic’s policy allows', async (t) => {
  const { sns, handler, create, topic } = await openRoom(t);
  assert.equal(refusal(sns, topic), 'AuthorizationError', 'no policy');
  const { physicalId } = await create('TopicPolicy', policy(topic, statement(topic)));
  const deny = { Effect: 'Deny', Principal: '*', Sid: 'TlsOnly' };
  const rows: readonly (readonly [statements: readonly JsonObject[], code: string])[] = [
    [[statement(topic)], ''],
    [[statement(topic, { Condition: { ArnLike: { 'aws:SourceArn': `${RULE}*` } } })], ''],
    [[statement(topic, { Condition: { ArnEquals: { 'aws:SourceArn': `${RULE}2` } } })], 'AuthorizationError'],
    [[statement(topic, { Principal: { Service: 's3.amazonaws.com' } })], 'AuthorizationError'],
    [[statement(topic, { Action: 'sns:Subscribe' })], 'AuthorizationError'],
    [[statement(topic, { Resource: `${topic}2` })], 'AuthorizationError'],
    [[statement(topic), statement(topic, { ...deny, Condition: {} })], 'AuthorizationError'],
    [
      [
        statement(topic),
        statement(topic, { ...deny, Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      ],
      '',
    ],
  ];
  for (const [statements, code] of rows) {
    const properties = policy(topic, ...statements);
    await handler('TopicPolicy').update({ physicalId, properties, previous: properties });
    assert.equal(refusal(sns, topic), code, JSON.stringify(statements));
  }
  await handler('TopicPolicy').delete(physicalId, policy(topic, statement(topic)));
  assert.equal(refusal(sns, topic), 'AuthorizationError');
});

test('refuses invalid and unsupported requests by name', async (t) => {
  const { create, topic } = await openRoom(t);
  const email = { TopicArn: topic, Protocol: 'email', Endpoint: 'ops@example.com' };
  const rows: readonly (readonly [type: string, properties: JsonObject, says: RegExp])[] = [
    ['Topic', { KmsMasterKeyId: 'alias/aws/sns' }, /KmsMasterKeyId/],
    ['Topic', { FifoTopic: true }, /FifoTopic/],
    ['Topic', { TopicName: 'a b' }, /TopicName/],
    ['Subscription', { ...email, Protocol: 'sqs' }, /Protocol with the value sqs/],
    ['Subscription', { ...email, Endpoint: 'ops' }, /Endpoint/],
    ['Subscription', { ...email, FilterPolicy: {} }, /FilterPolicy/],
    ['Subscription', { ...email, TopicArn: `${topic}2` }, /Topic does not exist/],
    ['TopicPolicy', policy(`${topic}2`, statement(topic)), /Topic does not exist/],
    ['TopicPolicy', policy(topic, statement(topic, { Action: 's3:GetObject' })), /out of service scope/],
    ['TopicPolicy', policy(topic, { ...statement(topic), NotAction: 'sns:Publish' }), /NotAction/],
    ['TopicPolicy', policy(topic, statement(topic, { Action: [] })), /must contain actions/],
    ['TopicPolicy', policy(topic, statement(topic, { Principal: { Federated: '*' } })), /kind Federated/],
    ['TopicPolicy', policy(topic, statement(topic, { Condition: { Odd: { a: 'b' } } })), /Odd/],
  ];
  for (const [type, properties, says] of rows) {
    await assert.rejects(create(type, properties, 'f'.repeat(20)), says, JSON.stringify(properties));
  }
});

test('keeps neither a topic nor a subscription that it could not store', async (t) => {
  const { sns, open, create, topic, subscribe, handler, mails, dataDir } = await openRoom(t);
  await create('TopicPolicy', policy(topic, statement(topic)));
  const file = join(dataDir, 'topics.json');
  renameSync(file, `${file}.moved`);
  mkdirSync(file);
  const full = /topics\.json is a folder/;
  await assert.rejects(create('Topic', { TopicName: 'other' }), full);
  await assert.rejects(subscribe('ann@example.com'), full);
  await assert.rejects(handler('Topic').delete(topic, {}), full);
  assert.deepEqual(mails, []);
  assert.equal(refusal(sns, topic), '');
  rmdirSync(file);
  renameSync(`${file}.moved`, file);
  await create('Topic', { TopicName: 'other' }, '9876543210jihgfedcba');
  assert.equal(refusal(open(), topic), '');
});
