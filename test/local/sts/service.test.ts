import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts';
import { Identities } from '../../../local/auth/identities.ts';
import { createSts } from '../../../local/sts/service.ts';
import { nodeListener } from '../../../local/wire/node-http.ts';

const run = promisify(execFile);
const ROOT = { UserId: '000000000000', Account: '000000000000', Arn: 'arn:aws:iam::000000000000:root' };

async function openSts(t: TestContext, now = () => new Date()) {
  const identities = new Identities({ wellKnownKeys: true });
  const { handle } = createSts({ identities, now });
  const server = createServer(nodeListener(handle, (error) => t.diagnostic(String(error))));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = (accessKeyId = 'test', secretAccessKey = accessKeyId) => {
    const credentials = { accessKeyId, secretAccessKey };
    const made = new STSClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
    t.after(() => made.destroy());
    return made;
  };
  return { endpoint, identities, client };
}

test('GetCallerIdentity names the account for its own keys alone', async (t) => {
  const { identities, client } = await openSts(t);
  const { $metadata, ...identity } = await client().send(new GetCallerIdentityCommand({}));
  assert.deepEqual(identity, ROOT);
  assert.match(String($metadata.requestId), /^[0-9a-f-]{36}$/);
  await assert.rejects(client('test', 'wrong').send(new GetCallerIdentityCommand({})), {
    name: 'SignatureDoesNotMatch',
    message: /request signature we calculated does not match/,
  });
  identities.register('service', {
    secret: 'secret',
    principal: { kind: 'service', service: 'cloudfront.amazonaws.com', sourceArn: 'a', sourceAccount: 'b' },
  });
  await assert.rejects(client('service', 'secret').send(new GetCallerIdentityCommand({})), {
    name: 'AccessDenied',
  });
});

test('a clock that is off is told', async (t) => {
  const { client } = await openSts(t, () => new Date(Date.now() + 3_600_000));
  await assert.rejects(client().send(new GetCallerIdentityCommand({})), { message: /Signature expired/ });
});

test('other operations are refused by name', async (t) => {
  const { client } = await openSts(t);
  await assert.rejects(client().send(new GetSessionTokenCommand({})), {
    name: 'InvalidAction',
    message: 'Could not find operation GetSessionToken for version 2011-06-15',
  });
});

test('an unsigned request is refused', async (t) => {
  const { endpoint } = await openSts(t);
  const answer = await fetch(endpoint, {
    method: 'POST',
    body: new URLSearchParams({ Action: 'GetCallerIdentity', Version: '2011-06-15' }),
  });
  assert.equal(answer.status, 403);
  const document = await answer.text();
  assert.match(document, /^<ErrorResponse xmlns="https:\/\/sts.amazonaws.com\/doc\/2011-06-15\/">/);
  assert.match(document, /<Code>MissingAuthenticationToken<\/Code>/);
  const empty = await fetch(endpoint, { method: 'POST' });
  assert.match(await empty.text(), /<Code>MissingAction<\/Code>/);
});

test('the AWS CLI asks who it is', async (t) => {
  const version = await run('aws', ['--version']).catch(() => undefined);
  if (version === undefined) return t.skip('the AWS CLI is not installed');
  const { endpoint } = await openSts(t);
  const env = {
    PATH: process.env.PATH,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const { stdout } = await run(
    'aws',
    ['--endpoint-url', endpoint, 'sts', 'get-caller-identity', '--output', 'json'],
    { env },
  );
  assert.deepEqual(JSON.parse(stdout), ROOT);
});
