import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts';
import { Identities } from '../../../local/auth/identities.ts';
import { createSts } from '../../../local/sts/service.ts';
import { awsCli } from '../../support/aws-cli.ts';
import { missing } from '../../support/programs.ts';
import { serve } from '../../support/serve.ts';

const ROOT = { UserId: '000000000000', Account: '000000000000', Arn: 'arn:aws:iam::000000000000:root' };

async function openSts(t: TestContext, now = () => new Date()) {
  const identities = new Identities({ wellKnownKeys: true });
  const { handle } = createSts({ identities, now });
  const endpoint = await serve(t, handle);
  const client = (accessKeyId = 'test', secretAccessKey = accessKeyId, region = 'us-east-1') => {
    const credentials = { accessKeyId, secretAccessKey };
    const made = new STSClient({ endpoint, region, credentials, maxAttempts: 1 });
    t.after(() => made.destroy());
    return made;
  };
  return { endpoint, identities, client };
}

test('names the account in GetCallerIdentity for its own keys only', async (t) => {
  const { identities, client } = await openSts(t);
  const { $metadata, ...identity } = await client().send(new GetCallerIdentityCommand({}));
  assert.deepEqual(identity, ROOT);
  assert.match(String($metadata.requestId), /^[0-9a-f-]{36}$/);
  const inFrankfurt = client('test', 'test', 'eu-central-1');
  assert.equal((await inFrankfurt.send(new GetCallerIdentityCommand({}))).Arn, ROOT.Arn);
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

test('reports a wrong clock', async (t) => {
  const { client } = await openSts(t, () => new Date(Date.now() + 3_600_000));
  await assert.rejects(client().send(new GetCallerIdentityCommand({})), { message: /Signature expired/ });
});

test('refuses other operations by name', async (t) => {
  const { client } = await openSts(t);
  await assert.rejects(client().send(new GetSessionTokenCommand({})), {
    name: 'InvalidAction',
    message: 'Could not find operation GetSessionToken for version 2011-06-15',
  });
});

test('refuses an unsigned request', async (t) => {
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

test('the AWS CLI gets the caller’s identity', { skip: missing('aws') }, async (t) => {
  const { endpoint } = await openSts(t);
  assert.deepEqual(await awsCli(endpoint, 'sts')('get-caller-identity'), ROOT);
});
