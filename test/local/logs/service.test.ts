import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { Identities } from '../../../local/auth/identities.ts';
import { Log } from '../../../local/lambda/log.ts';
import { createLogs } from '../../../local/logs/service.ts';
import { nodeListener } from '../../../local/wire/node-http.ts';
import { missing, runProgram } from '../../support/programs.ts';

const GROUP = '/aws/lambda/us-east-1.guard';
const line = (second: number, text: string) =>
  `2026-11-23T05:00:${String(second).padStart(2, '0')}.000Z\t5f1c\tINFO\t${text}\n`;

async function setUp(t: TestContext) {
  const logsDir = mkdtempSync(join(tmpdir(), 'logs-'));
  const service = createLogs({ logsDir, identities: new Identities(), now: () => new Date() });
  const defects: unknown[] = [];
  const server = createServer(nodeListener(service.handle, (error) => defects.push(error)));
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = (region = 'us-east-1', secretAccessKey = 'test') => {
    const sdk = new CloudWatchLogs({
      endpoint,
      region,
      credentials: { accessKeyId: 'test', secretAccessKey },
      maxAttempts: 1,
    });
    t.after(() => sdk.destroy());
    return sdk;
  };
  t.after(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    rmSync(logsDir, { recursive: true });
    assert.deepEqual(defects, []);
  });
  return { endpoint, client, log: new Log(join(logsDir, 'guard.log')) };
}

const named = (name: string) => ({ name });

test('what a function wrote is read by time, page by page, each line once', async (t) => {
  const { client, log } = await setUp(t);
  for (let second = 0; second < 10; second += 1) log.append(line(second, `line ${second}`));
  log.append('  and what goes on with it\n');
  const logs = client();
  const startTime = Date.parse('2026-11-23T05:00:02Z');
  const messages: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await logs.filterLogEvents({ logGroupName: GROUP, startTime, limit: 3, nextToken });
    assert.ok((page.events ?? []).length <= 3);
    messages.push(...(page.events ?? []).map(({ message = '' }) => message.split('\t')[3] ?? ''));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  assert.deepEqual(messages, [
    ...[2, 3, 4, 5, 6, 7, 8].map((second) => `line ${second}`),
    'line 9\n  and what goes on with it',
  ]);
  const { events = [] } = await logs.filterLogEvents({ logGroupName: GROUP });
  assert.equal(new Set(events.map(({ eventId }) => eventId)).size, 10);
});

test('the same line twice is two events, whose ids stay when the file grows', async (t) => {
  const { client, log } = await setUp(t);
  log.append(line(1, 'same') + line(1, 'same'));
  const ids = async () =>
    (await client().filterLogEvents({ logGroupName: GROUP })).events?.map(({ eventId }) => eventId) ?? [];
  const before = await ids();
  assert.equal(new Set(before).size, 2);
  log.append(line(2, 'more'));
  assert.deepEqual((await ids()).slice(0, 2), before);
});

test('groups are listed and deleted; what is not there is said as AWS says it', async (t) => {
  const { client, log } = await setUp(t);
  const logs = client();
  await assert.rejects(logs.filterLogEvents({ logGroupName: GROUP }), named('ResourceNotFoundException'));
  log.append(line(1, 'one'));
  const { logGroups = [] } = await logs.describeLogGroups({ logGroupNamePrefix: '/aws/lambda/' });
  assert.deepEqual(
    logGroups.map(({ logGroupName, storedBytes = 0 }) => [logGroupName, storedBytes > 0]),
    [[GROUP, true]],
  );
  await assert.rejects(client('eu-west-1').filterLogEvents({ logGroupName: GROUP }), {
    ...named('ResourceNotFoundException'),
    message: 'The specified log group does not exist.',
  });
  await logs.deleteLogGroup({ logGroupName: GROUP });
  assert.deepEqual((await logs.describeLogGroups()).logGroups, []);
  await assert.rejects(logs.deleteLogGroup({ logGroupName: GROUP }), named('ResourceNotFoundException'));
});

test('what is not done is refused by name, and so is who may not ask', async (t) => {
  const { client, log } = await setUp(t);
  log.append(line(1, 'one'));
  await assert.rejects(client().filterLogEvents({ logGroupName: GROUP, filterPattern: 'x' }), {
    ...named('InvalidParameterException'),
    message: /filterPattern/,
  });
  await assert.rejects(client().createLogGroup({ logGroupName: 'x' }), named('UnknownOperationException'));
  await assert.rejects(client('us-east-1', 'wrong').describeLogGroups(), named('InvalidSignatureException'));
  await assert.rejects(client().filterLogEvents({ logGroupName: '/aws/lambda/us-east-1.../x' }), {
    name: /ResourceNotFoundException|InvalidParameterException/,
  });
});

test('the AWS CLI reads them', { skip: missing('aws') }, async (t) => {
  const { endpoint, log } = await setUp(t);
  log.append(line(1, 'seen by others'));
  const { code, stdout, stderr } = await runProgram(
    'aws',
    ['--endpoint-url', endpoint, 'logs', 'filter-log-events', '--log-group-name', GROUP, '--output', 'json'],
    {
      env: {
        PATH: process.env.PATH,
        HOME: '/nonexistent',
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_DEFAULT_REGION: 'us-east-1',
      },
    },
  );
  assert.equal(code, 0, stderr);
  assert.match(JSON.parse(stdout).events[0].message, /seen by others$/);
});
