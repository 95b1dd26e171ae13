import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CloudFormationClient, CreateStackCommand, ListStacksCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CognitoIdentityProviderClient,
  ForgotPasswordCommand,
  ListUsersCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { request } from 'undici';
import { type AccessKey, newAccessKey } from '../../local/auth/access-key.ts';
import { sign } from '../../local/auth/sigv4.ts';
import { openCloud } from '../../local/cloud.ts';
import { createControl, newControlSecrets } from '../../local/control.ts';
import { omitUndefined } from '../../protocol/fields.ts';
import { s3Signing } from '../support/s3-signature.ts';
import { clientOptions } from '../support/serve.ts';
import { asker } from './wire/ask.ts';

async function cloudOf(t: TestContext, more: { dataDir?: string; wellKnownKeys?: boolean } = {}) {
  const dataDir = more.dataDir ?? mkdtempSync(join(tmpdir(), 'gate-'));
  const secrets = newControlSecrets();
  const control = createControl({
    secrets,
    describe: () => ({ dataDir }),
    isolation: () => 'none',
    faults: {},
  });
  const cloud = await openCloud({ port: 0, control, ...more, dataDir });
  t.after(async () => {
    await cloud.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return { cloud, secrets, endpoint: cloud.endpoint };
}

/** Returns each service's error for a caller with this key, or `ok`. */
async function said(endpoint: string, credentials: AccessKey): Promise<Record<string, string>> {
  const options = { ...clientOptions(endpoint), credentials };
  const [cloudformation, cognito, lambda, logs, s3, sts] = [
    new CloudFormationClient(options),
    new CognitoIdentityProviderClient(options),
    new LambdaClient(options),
    new CloudWatchLogsClient(options),
    new S3Client({ ...options, forcePathStyle: true }),
    new STSClient(options),
  ];
  const UserPoolId = 'us-east-1_Abcdefghi';
  const calls = {
    cloudformation: () => cloudformation.send(new ListStacksCommand({})),
    cognito: () => cognito.send(new ListUsersCommand({ UserPoolId })),
    lambda: () => lambda.send(new ListFunctionsCommand({})),
    logs: () => logs.send(new DescribeLogGroupsCommand({})),
    s3: () => s3.send(new ListBucketsCommand({})),
    sts: () => sts.send(new GetCallerIdentityCommand({})),
  };
  const answers: Record<string, string> = {};
  for (const [service, call] of Object.entries(calls)) {
    answers[service] = await call().then(
      () => 'ok',
      (error: Error) => error.name,
    );
  }
  for (const client of [cloudformation, cognito, lambda, logs, s3, sts]) client.destroy();
  return answers;
}

const ACCEPTED = {
  cloudformation: 'ok',
  cognito: 'ResourceNotFoundException',
  lambda: 'ok',
  logs: 'ok',
  s3: 'ok',
  sts: 'ok',
};
const UNKNOWN_KEY = {
  cloudformation: 'InvalidClientTokenId',
  cognito: 'UnrecognizedClientException',
  lambda: 'UnrecognizedClientException',
  logs: 'UnrecognizedClientException',
  s3: 'InvalidAccessKeyId',
  sts: 'InvalidClientTokenId',
};

test('accepts only the key of this cloud in every service', async (t) => {
  const { cloud, endpoint } = await cloudOf(t);
  const { accessKeyId, secretAccessKey } = cloud.accessKey;
  assert.deepEqual(await said(endpoint, cloud.accessKey), ACCEPTED);
  for (const word of ['test', 'local', 'late-writer', accessKeyId]) {
    const answers = await said(endpoint, { accessKeyId: word, secretAccessKey: word });
    if (word !== accessKeyId) assert.deepEqual(answers, UNKNOWN_KEY, word);
    else assert.equal(answers.s3, 'SignatureDoesNotMatch');
  }
  assert.deepEqual(
    await said(endpoint, { accessKeyId: 'AKIAAAAAAAAAAAAAAAAA', secretAccessKey }),
    UNKNOWN_KEY,
  );
  assert.deepEqual(await said(endpoint, newAccessKey()), UNKNOWN_KEY);
});

test('keeps its key over restarts, and refuses the key of a former cloud', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'gate-'));
  const first = await openCloud({ dataDir, port: 0 });
  await first.close();
  const again = await openCloud({ dataDir, port: 0 });
  assert.deepEqual(again.accessKey, first.accessKey);
  await again.close();
  rmSync(dataDir, { recursive: true });
  const { cloud, endpoint } = await cloudOf(t, { dataDir });
  assert.notDeepEqual(cloud.accessKey, first.accessKey);
  assert.deepEqual(await said(endpoint, first.accessKey), UNKNOWN_KEY);
});

test('takes its port before it opens a file, and frees it after the last change', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'gate-'));
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  let fail = (_error: Error) => {};
  const keys = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  const cloud = await openCloud({ dataDir, port: 0, newPoolKeys: () => keys });
  const port = Number(new URL(cloud.endpoint).port);
  const other = join(dataDir, 'other');
  await assert.rejects(openCloud({ dataDir: other, port }), { code: 'EADDRINUSE' });
  assert.equal(existsSync(other), false);
  const cloudformation = new CloudFormationClient({
    ...clientOptions(cloud.endpoint),
    credentials: cloud.accessKey,
  });
  const TemplateBody = JSON.stringify({ Resources: { Pool: { Type: 'AWS::Cognito::UserPool' } } });
  await cloudformation.send(new CreateStackCommand({ StackName: 'busy', TemplateBody }));
  const closing = cloud.close();
  await assert.rejects(openCloud({ dataDir, port }), { code: 'EADDRINUSE' });
  fail(new Error('no keys'));
  await closing;
  cloudformation.destroy();
  await (await openCloud({ dataDir, port })).close();
});

test('accepts well-known keys beside its own if started with that option', async (t) => {
  const { cloud, endpoint } = await cloudOf(t, { wellKnownKeys: true });
  assert.deepEqual(await said(endpoint, { accessKeyId: 'test', secretAccessKey: 'test' }), ACCEPTED);
  assert.deepEqual(await said(endpoint, cloud.accessKey), ACCEPTED);
  const wrong = await said(endpoint, { accessKeyId: 'test', secretAccessKey: 'other' });
  assert.equal(wrong.s3, 'SignatureDoesNotMatch');
});

/** Sends a signed PUT to S3, whose head has more lines, and returns the response. */
async function put(endpoint: string, path: string, more: readonly string[]): Promise<string> {
  const { host, port } = new URL(endpoint);
  const request = { method: 'PUT', path, query: '', headers: { host } };
  const headers = Object.entries({ host, ...sign(request, s3Signing()), 'content-length': '1' });
  const ask = asker(Number(port));
  const { answer } = await ask(
    `PUT ${path} HTTP/1.1`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...more,
  );
  return answer;
}

test('refuses an upload by its headers before a client that waits sends the body', async (t) => {
  const { endpoint } = await cloudOf(t, { wellKnownKeys: true });
  const refused = await put(endpoint, '/no-bucket/k', ['Expect: 100-continue']);
  assert.match(refused, /^HTTP\/1\.1 404 .*connection: close/is);
});

test('reads every header of a request, however many there are', async (t) => {
  const { endpoint } = await cloudOf(t, { wellKnownKeys: true });
  const many = Array.from({ length: 1500 }, (_, at) => `h${at}:`);
  const refused = await put(endpoint, '/no-bucket/k', [...many, 'x-amz-acl: private']);
  assert.match(refused, /<HeadersNotSigned>x-amz-acl</);
});

test('requires the token of the control endpoint, and proves its identity to the holder', async (t) => {
  const { endpoint, secrets, cloud } = await cloudOf(t);
  const url = `${endpoint}/_edge-upload/status`;
  for (const authorization of [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    `Bearer ${newControlSecrets().token}`,
    `Bearer ${secrets.proof}`,
    `bearer ${secrets.token}`,
    secrets.token,
    `Bearer ${cloud.accessKey.secretAccessKey}`,
  ]) {
    const headers = omitUndefined({ authorization });
    for (const [method, path] of [
      ['GET', 'status'],
      ['PUT', 'faults'],
      ['GET', 'other'],
    ] as const) {
      const answer = await request(`${endpoint}/_edge-upload/${path}`, { method, headers, body: null });
      assert.equal(answer.statusCode, 401, `${method} ${path} with ${authorization}`);
      assert.equal(await answer.body.text(), '');
    }
  }
  const headers = { authorization: `Bearer ${secrets.token}` };
  const status = await request(url, { headers });
  assert.equal(((await status.body.json()) as { proof: string }).proof, secrets.proof);
  const { host } = new URL(endpoint);
  for (const foreign of [
    { host: 'evil.example' },
    { host, origin: 'https://evil.example' },
    { host, origin: 'null' },
  ]) {
    assert.equal((await request(url, { headers: { ...headers, ...foreign } })).statusCode, 403);
  }
});

test('checks requests that AWS accepts unsigned too', async (t) => {
  const { endpoint } = await cloudOf(t);
  const target = { 'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth' };
  const open = [
    ['GET', '/us-east-1_Abcdefghi/.well-known/jwks.json', {}],
    ['GET', '/us-east-1_Abcdefghi/.well-known/openid-configuration', {}],
    ['POST', '/', { ...target, 'content-type': 'text/plain' }],
    ['POST', '/', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['POST', '/a-bucket', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['GET', '/', {}],
    ['GET', '/2015-03-31/functions', {}],
    ['OPTIONS', '/a-bucket/key', { 'access-control-request-method': 'PUT' }],
  ] as const;
  for (const [method, path, headers] of open) {
    const ask = async (more: Record<string, string>) => {
      const answer = await request(`${endpoint}${path}`, {
        method,
        headers: { ...headers, ...more },
        body: method === 'POST' ? '{}' : null,
      });
      return { status: answer.statusCode, text: await answer.body.text() };
    };
    const { text } = await ask({});
    for (const foreign of [
      { host: 'rebound.example' },
      { host: `rebound.example:${new URL(endpoint).port}` },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      const refused = await ask(foreign as Record<string, string>);
      assert.equal(refused.status, 403, `${method} ${path} ${JSON.stringify(foreign)}`);
      assert.match(refused.text, /^The embedded cloud /);
      assert.notEqual(refused.text, text);
    }
  }
});

test('needs no signature for Cognito’s public operations', async (t) => {
  const { endpoint } = await cloudOf(t);
  const cognito = new CognitoIdentityProviderClient({
    ...clientOptions(endpoint),
    credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
  });
  t.after(() => cognito.destroy());
  const forgot = new ForgotPasswordCommand({ ClientId: '1example23456789', Username: 'ada' });
  await assert.rejects(cognito.send(forgot), { name: 'ResourceNotFoundException' });
});

test('refuses services that the cloud does not have, by name and in their own format', async (t) => {
  const { endpoint } = await cloudOf(t);
  const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  const json = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': 'DynamoDB_20120810.ListTables',
  };
  for (const [service, path, body, headers, isXml] of [
    ['cloudfront', '/2020-05-31/distribution', null, {}, true],
    ['route53', '/2013-04-01/hostedzone', null, {}, true],
    ['s3express', '/', null, {}, true],
    ['ec2', '/', 'Action=DescribeInstances&Version=2016-11-15', form, true],
    ['dynamodb', '/', '{}', json, false],
    ['guardduty', '/detector', null, {}, false],
  ] as const) {
    const authorization = `AWS4-HMAC-SHA256 Credential=AKIA/20261130/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;
    const method = body === null ? 'GET' : 'POST';
    const answer = await request(`${endpoint}${path}`, {
      method,
      headers: { ...headers, authorization },
      body,
    });
    const text = await answer.body.text();
    const message = `The embedded cloud does not support requests to the service ${service}.`;
    assert.equal(answer.statusCode, 400, service);
    if (isXml) assert.match(text, /<Error>.*<Code>UnknownOperationException<\/Code>/s);
    const said = isXml ? /<Message>(.*)<\/Message>/.exec(text)?.[1] : JSON.parse(text).message;
    assert.equal(said, message);
  }
});
