import assert from 'node:assert/strict';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { describeEdge } from '../../edge/description.ts';
import type { StackOptions } from '../../infra/options.ts';
import { runProbe } from '../../live/probe.ts';
import { PROBES } from '../../live/probes/all.ts';
import type { LiveWorld } from '../../live/world.ts';
import { config, USER_POOL_ID } from '../edge/support/pool.ts';
import { MINUTE, setUp } from '../local/cognito/harness.ts';
import { clientOptions, listen } from '../support/serve.ts';
import { optionsAfter } from './command-words.ts';
import { worldOf } from './world-of.ts';

/*
 * Runs the probes that the embedded cloud does not run, each against a stand-in that answers as AWS documents. Otherwise
 * their code would run for the first time in somebody's account.
 */

/** A stack whose options `deploy` changes, and its output after each change. */
function stack(print: (options: StackOptions) => object = () => ({})) {
  let options: StackOptions = {};
  return {
    options: () => options,
    run: async (words: readonly string[]) => {
      options = await optionsAfter(options, words);
      return { code: 0, stdout: `${JSON.stringify(print(options))}\n`, stderr: '' };
    },
  };
}

const answer = (status: number, body = '', headers: Readonly<Record<string, string>> = {}) => ({
  status,
  body,
  header: (name: string) => headers[name] ?? null,
});

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesGeneral.html#DownloadDistValuesSupportedHTTPVersions */
const overHttp2 = async (t: TestContext) => {
  const server = createServer();
  server.on('stream', (stream, { ':method': method, ':path': path, authorization }) => {
    let size = 0;
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
    });
    stream.on('end', () => {
      assert.deepEqual([method, path, authorization, size], ['PUT', '/live/probe-1', 'Bearer token', 5]);
      stream.respond({ ':status': 200 });
      stream.end();
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  t.after(() => server.close());
  return worldOf({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
};

const withHttp3 = async () =>
  worldOf({ edge: async () => answer(200, '', { 'alt-svc': 'h3=":443"; ma=86400' }) });

/** The embedded Cognito, on a clock that the probe's pauses advance. */
const withClock = async (t: TestContext) => {
  const client = {
    ExplicitAuthFlows: ['ALLOW_ADMIN_USER_PASSWORD_AUTH'],
    RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 60 },
  };
  const { endpoint, UserPoolId: userPoolId, ClientId: clientId, clock } = await setUp(t, { client });
  const cognito = new CognitoIdentityProviderClient(clientOptions(endpoint));
  t.after(() => cognito.destroy());
  const pause = async (milliseconds: number) => {
    assert.ok(milliseconds < 2 * MINUTE);
    clock.advance(milliseconds);
    cognito.config.systemClockOffset += milliseconds;
  };
  return worldOf({ cognito, userPoolId, clientId, pause });
};

/**
 * Cognito's endpoints of a pool with a provider, over http instead of https:
 * https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html,
 * https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
 */
const withManagedLogin = async (t: TestContext) => {
  const origin = 'https://edge-upload-1.auth.us-east-1.amazoncognito.com';
  const { run, options } = stack();
  const address = await listen(t, (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://any.example');
    assert.ok(options().idp, `${pathname} after the provider was removed`);
    if (pathname === `/${USER_POOL_ID}/.well-known/openid-configuration`) {
      response.end(JSON.stringify({ authorization_endpoint: `${origin}/oauth2/authorize` }));
    } else if (pathname === '/oauth2/authorize') {
      assert.equal(searchParams.get('redirect_uri'), 'http://localhost:21743/callback');
      assert.equal(searchParams.get('client_id'), config().issuers[0]?.clientId);
      response.writeHead(302, { location: 'https://login.example.com/saml?SAMLRequest=fZ' }).end();
    } else if (pathname === '/oauth2/token') {
      response.writeHead(400, { 'access-control-allow-origin': '*' }).end('{"error":"invalid_request"}');
    } else response.writeHead(404).end();
  });
  const dispatcher = getGlobalDispatcher();
  const agent = new Agent();
  setGlobalDispatcher(
    agent.compose((dispatch) => (asked, handler) => dispatch({ ...asked, origin: address }, handler)),
  );
  process.env.EDGE_UPLOAD_LIVE_IDP = 'saml:https://login.example.com/metadata';
  t.after(async () => {
    delete process.env.EDGE_UPLOAD_LIVE_IDP;
    setGlobalDispatcher(dispatcher);
    await agent.close();
  });
  const described = () =>
    describeEdge({ ...config(), ...(options().idp && { idp: true, managedLogin: origin }) });
  return worldOf({ run, edge: async () => answer(200, JSON.stringify(described())) });
};

const ARN = 'arn:aws:kms:us-east-1:123456789012:key/12345678-90ab-cdef-1234-567890abcdef';
const STATEMENT = { Sid: 'EdgeUpload' };

/**
 * KMS and S3, which encrypts once the key's policy allows it:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/specifying-kms-encryption.html
 */
const withKmsKey = async (t: TestContext) => {
  const { run, options } = stack(({ kmsKeyArn }) => (kmsKeyArn ? { keyPolicyStatement: STATEMENT } : {}));
  const root = { Sid: 'Enable IAM User Permissions' };
  let policy = { Version: '2012-10-17', Statement: [root] };
  let refusals = 0;
  const deleted: string[] = [];
  const calls: Record<string, (input: Record<string, string>) => object> = {
    CreateKey: () => ({ KeyMetadata: { KeyId: ARN.split('/')[1], Arn: ARN } }),
    GetKeyPolicy: () => ({ Policy: JSON.stringify(policy), PolicyName: 'default' }),
    PutKeyPolicy: ({ Policy = '' }) => {
      policy = JSON.parse(Policy);
      return {};
    },
    ScheduleKeyDeletion: ({ KeyId = '' }) => {
      deleted.push(KeyId);
      return { KeyId };
    },
  };
  const endpoint = await listen(t, (request, response) => {
    if (request.method === 'HEAD') {
      assert.equal(request.url, '/bucket/live/probe-1');
      const encryption = { 'x-amz-server-side-encryption': 'aws:kms' };
      response.writeHead(200, { ...encryption, 'x-amz-server-side-encryption-aws-kms-key-id': ARN }).end();
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [, call = ''] = String(request.headers['x-amz-target']).split('.');
      const done = calls[call]?.(JSON.parse(Buffer.concat(chunks).toString()));
      response.setHeader('content-type', 'application/x-amz-json-1.1');
      response.end(JSON.stringify(done));
    });
  });
  const kms = new KMSClient(clientOptions(endpoint));
  const s3 = new S3Client({ ...clientOptions(endpoint), forcePathStyle: true });
  t.after(() => {
    for (const client of [kms, s3]) client.destroy();
    assert.deepEqual(policy.Statement, [root, STATEMENT]);
    assert.deepEqual([refusals, deleted, options()], [1, [ARN.split('/')[1]], {}]);
  });
  const edge: LiveWorld['edge'] = async () => {
    // KMS distributes a policy within minutes.
    if (policy.Statement.length === 2 && refusals === 1) return answer(200);
    refusals += 1;
    return answer(403, '<Error><Code>AccessDenied</Code></Error>');
  };
  return worldOf({ run, edge, kms, s3 });
};

const withGuardDuty = async () => worldOf({ run: stack().run });

const STAND_INS: Readonly<Record<string, (t: TestContext) => Promise<LiveWorld>>> = {
  'http2-uploads': overHttp2,
  'http3-is-offered': withHttp3,
  'reused-refresh-token': withClock,
  'managed-login': withManagedLogin,
  'kms-encrypts-uploads': withKmsKey,
  'scan-is-accepted': withGuardDuty,
};

test('each probe that the embedded cloud cannot run has a stand-in', () => {
  const names = PROBES.filter(({ notHere }) => notHere !== undefined).map(({ name }) => name);
  assert.deepEqual(names.sort(), Object.keys(STAND_INS).sort());
});

for (const [name, open] of Object.entries(STAND_INS)) {
  test(`${name} confirms what AWS documents`, async (t) => {
    const probe = PROBES.find((one) => one.name === name);
    assert.ok(probe !== undefined);
    const { verdict, seen, reason } = await runProbe(probe, await open(t));
    assert.deepEqual([verdict, seen, reason], ['confirmed', probe.expected, undefined]);
  });
}
