import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetBucketPolicyCommand, ListObjectsV2Command, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { BUCKET, type RawRequest, type Running, raw, startS3 } from './support.ts';

const ARN = 'arn:aws:cloudfront::000000000000:distribution/E1';
const OAC = { accessKeyId: 'oac', secret: 'of its own' };

async function withDistribution(running: Running, sourceArn = ARN): Promise<void> {
  running.identities.register(OAC.accessKeyId, {
    secret: OAC.secret,
    principal: {
      kind: 'service',
      service: 'cloudfront.amazonaws.com',
      sourceArn,
      sourceAccount: '000000000000',
    },
  });
}

function statement(changes: object = {}): object {
  return {
    Effect: 'Allow',
    Principal: { Service: 'cloudfront.amazonaws.com' },
    Action: ['s3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
    Resource: `arn:aws:s3:::${BUCKET}/*`,
    Condition: { StringEquals: { 'AWS:SourceArn': ARN } },
    ...changes,
  };
}

function putPolicy({ client }: Running, ...Statement: object[]) {
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  return client.send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy }));
}

async function codeAs(running: Running, request: RawRequest): Promise<string> {
  const { status, code } = await raw(running, { ...request, as: OAC });
  return status < 300 ? 'ok' : code;
}

const put = { method: 'PUT', target: `/${BUCKET}/k`, body: 'x' };

test('grants a distribution the permissions of the policy, and no others', async (t) => {
  const running = await startS3(t);
  await withDistribution(running);
  assert.equal(await codeAs(running, put), 'AccessDenied');
  await putPolicy(running, statement());
  assert.equal(await codeAs(running, put), 'ok');
  const created = await raw(running, { method: 'POST', target: `/${BUCKET}/m?uploads`, as: OAC });
  const uploadId = /<UploadId>(.*)<\/UploadId>/.exec(created.text)?.[1];
  const part = `/${BUCKET}/m?partNumber=1&uploadId=${uploadId}`;
  assert.equal(await codeAs(running, { method: 'PUT', target: part, body: 'x' }), 'ok');
  assert.equal(await codeAs(running, { target: `/${BUCKET}/m?uploadId=${uploadId}` }), 'ok');
  assert.equal(
    await codeAs(running, { method: 'DELETE', target: `/${BUCKET}/m?uploadId=${uploadId}` }),
    'ok',
  );
  const refused: RawRequest[] = [
    { target: `/${BUCKET}/k` },
    { method: 'HEAD', target: `/${BUCKET}/k` },
    { method: 'DELETE', target: `/${BUCKET}/k` },
    { target: `/${BUCKET}` },
    { target: `/${BUCKET}?uploads` },
    { target: `/${BUCKET}?policy` },
    { target: '/' },
  ];
  for (const request of refused) {
    const { status } = await raw(running, { ...request, as: OAC });
    assert.equal(status, 403, `${request.method ?? 'GET'} ${request.target}`);
  }
});

test('refuses other distributions, services and key prefixes', async (t) => {
  const running = await startS3(t);
  await withDistribution(running);
  await putPolicy(running, statement({ Resource: `arn:aws:s3:::${BUCKET}/up/*` }));
  assert.equal(await codeAs(running, put), 'AccessDenied');
  assert.equal(await codeAs(running, { ...put, target: `/${BUCKET}/up/k` }), 'ok');
  await putPolicy(running, statement({ Principal: { Service: 'logs.amazonaws.com' } }));
  assert.equal(await codeAs(running, put), 'AccessDenied');
  await putPolicy(running, statement());
  await withDistribution(running, `${ARN}2`);
  assert.equal(await codeAs(running, put), 'AccessDenied');
});

test('hides whether an object is missing without permission to list', async (t) => {
  const running = await startS3(t);
  await withDistribution(running);
  await putPolicy(running, statement({ Action: 's3:GetObject' }));
  const missing = { target: `/${BUCKET}/nothing` };
  assert.equal(await codeAs(running, missing), 'AccessDenied');
  await putPolicy(
    running,
    statement({
      Action: ['s3:GetObject', 's3:ListBucket'],
      Resource: [`arn:aws:s3:::${BUCKET}`, `arn:aws:s3:::${BUCKET}/*`],
    }),
  );
  assert.equal(await codeAs(running, missing), 'NoSuchKey');
});

test('evaluates conditions, with both values of each, and with a missing key', async (t) => {
  const running = await startS3(t);
  await withDistribution(running);
  const cases: [condition: object, allowed: boolean][] = [
    [{ StringEquals: { 'aws:SourceAccount': '000000000000' } }, true],
    [{ StringEquals: { 'aws:SourceAccount': ['1', '000000000000'] } }, true],
    [{ StringEquals: { 'aws:SourceAccount': '1' } }, false],
    [{ StringNotEquals: { 'aws:SourceAccount': '1' } }, true],
    [{ StringLike: { 'aws:SourceArn': '*distribution/E?' } }, true],
    [{ StringNotLike: { 'aws:SourceArn': '*distribution/*' } }, false],
    [{ ArnLike: { 'aws:SourceArn': 'arn:aws:cloudfront::000000000000:distribution/*' } }, true],
    [{ ArnEquals: { 'aws:SourceArn': 'arn:aws:cloudfront::*:distribution/E2' } }, false],
    [{ ArnLike: { 'aws:SourceArn': 'arn:*' } }, false],
    [{ Bool: { 'aws:SecureTransport': 'true' } }, true],
    [{ Bool: { 'aws:SecureTransport': false } }, false],
    [{ NumericLessThan: { 's3:TlsVersion': 1.2 } }, false],
    [{ Null: { 's3:if-none-match': 'true' } }, true],
    [{ Null: { 's3:if-none-match': 'false' } }, false],
    [{ StringEquals: { 's3:if-none-match': '*' } }, false],
    [{ StringEqualsIfExists: { 's3:if-none-match': '*' } }, true],
    [{ StringNotEquals: { 's3:if-none-match': '*' } }, true],
    [{ StringEquals: { 'aws:SourceArn': ARN, 'aws:SourceAccount': '1' } }, false],
  ];
  for (const [Condition, allowed] of cases) {
    await putPolicy(running, statement({ Condition }));
    assert.equal(await codeAs(running, put), allowed ? 'ok' : 'AccessDenied', JSON.stringify(Condition));
  }
});

test('lets a denial override every permission, also for the account', async (t) => {
  const running = await startS3(t);
  await withDistribution(running);
  const everyone = { Principal: '*', Condition: undefined };
  await putPolicy(running, statement(), statement({ Effect: 'Deny', ...everyone, Action: 's3:Put*' }));
  assert.equal(await codeAs(running, put), 'AccessDenied');
  assert.equal((await raw(running, put)).code, 'AccessDenied');
  const overwrite = { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } };
  await putPolicy(running, statement({ Effect: 'Deny', Principal: '*', Condition: overwrite }));
  assert.equal((await raw(running, put)).code, 'AccessDenied');
  assert.equal((await raw(running, { ...put, headers: { 'if-none-match': '*' } })).status, 200);
  assert.equal((await raw(running, { method: 'POST', target: `/${BUCKET}/k?uploads` })).status, 200);
  await putPolicy(
    running,
    statement({ Effect: 'Deny', Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
  );
  assert.equal((await raw(running, put)).status, 200);
});

test('refuses a policy that cannot be evaluated when it is set', async (t) => {
  const running = await startS3(t);
  await putPolicy(running, statement());
  const malformed: object[] = [
    { Condition: { StringSounds: { 'aws:SourceArn': 'x' } } },
    { Condition: { 'ForAllValues:StringEquals': { 'aws:SourceArn': 'x' } } },
    { Condition: { StringEquals: { 'aws:SourceIp': 'x' } } },
    { Condition: { StringEquals: { 'aws:SourceArn': '\u0024{aws:username}' } } },
    { Condition: { Bool: { 'aws:SecureTransport': 'perhaps' } } },
    { Condition: { StringEquals: { 'aws:SourceArn': [] } } },
    { Action: 'ec2:RunInstances' },
    { Action: undefined },
    { NotAction: 's3:GetObject' },
    { Resource: 'arn:aws:s3:::another-bucket/*' },
    { Principal: { AWS: 'somebody' } },
    { Principal: {} },
    { Principal: { AWS: [], Service: 'cloudfront.amazonaws.com' } },
    { Action: [] },
    { Action: undefined, NotAction: [] },
    { Resource: [] },
    { Effect: 'Perhaps' },
    { Unknown: 1 },
  ];
  for (const change of malformed) {
    await assert.rejects(
      putPolicy(running, statement(change)),
      { name: 'MalformedPolicy' },
      JSON.stringify(change),
    );
  }
  await assert.rejects(putPolicy(running, statement({ Principal: '*', Condition: undefined })), {
    name: 'AccessDenied',
  });
  const { Policy = '' } = await running.client.send(new GetBucketPolicyCommand({ Bucket: BUCKET }));
  assert.deepEqual(JSON.parse(Policy).Statement, [statement()]);
});

test('refuses all anonymous requests', async (t) => {
  const running = await startS3(t);
  const requests: RawRequest[] = [
    put,
    { target: '/' },
    { target: `/${BUCKET}` },
    { target: `/${BUCKET}/k` },
    { method: 'POST', target: `/${BUCKET}/k?uploads` },
    { method: 'POST', target: `/${BUCKET}?delete`, body: '<Delete/>' },
    { method: 'PUT', target: '/new-bucket', body: '' },
  ];
  for (const request of requests) {
    const { status, code } = await raw(running, { ...request, payloadHash: undefined });
    assert.deepEqual([status, code], [403, 'AccessDenied'], request.target);
  }
  const { KeyCount } = await running.client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  assert.equal(KeyCount, 0);
});
