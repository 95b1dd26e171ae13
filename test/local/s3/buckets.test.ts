import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  GetBucketEncryptionCommand,
  GetBucketLocationCommand,
  HeadBucketCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { JsonObject } from '../../../local/json.ts';
import type { ResourceHandler } from '../../../local/resource.ts';
import { BUCKET, type Running, raw, startS3 } from './support.ts';

test('creates, recreates, finds and deletes an empty bucket', async (t) => {
  const { client } = await startS3(t);
  const bucket = { Bucket: 'another.bucket-1' };
  await client.send(new CreateBucketCommand(bucket));
  await client.send(new CreateBucketCommand(bucket));
  assert.equal((await client.send(new HeadBucketCommand(bucket))).BucketRegion, 'us-east-1');
  assert.equal((await client.send(new GetBucketLocationCommand(bucket))).LocationConstraint, undefined);
  const { ServerSideEncryptionConfiguration } = await client.send(new GetBucketEncryptionCommand(bucket));
  assert.deepEqual(ServerSideEncryptionConfiguration?.Rules, [
    { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false },
  ]);
  await client.send(new PutObjectCommand({ ...bucket, Key: 'k', Body: 'x' }));
  await assert.rejects(client.send(new DeleteBucketCommand(bucket)), { name: 'BucketNotEmpty' });
  await assert.rejects(client.send(new HeadBucketCommand({ Bucket: 'never-made' })), { name: 'NotFound' });
  const elsewhere = { CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' as const } };
  await assert.rejects(client.send(new CreateBucketCommand({ Bucket: 'in-europe', ...elsewhere })), {
    name: 'InvalidLocationConstraint',
  });
});

test('applies S3’s rules to bucket names', async (t) => {
  const running = await startS3(t);
  for (const name of [
    'ab',
    'A-bucket',
    'under_score',
    '-a-',
    'a..b',
    '192.168.1.1',
    'xn--abc',
    'abc-s3alias',
    'x'.repeat(64),
    '%2e%2e',
  ]) {
    const { code } = await raw(running, { method: 'PUT', target: `/${name}`, body: '' });
    assert.equal(code, 'InvalidBucketName', name);
  }
});

function resource({ resources }: Running, type: string): ResourceHandler {
  const found = resources.find((candidate) => candidate.type === type);
  assert.ok(found);
  return found;
}

const request = {
  stackName: 'Stack',
  logicalId: 'UploadBucket1A2B',
  suffix: 'abcdefghijklmnopqrst',
  properties: {},
};

test('creates AWS::S3::Bucket once per operation, with AWS’s attributes', async (t) => {
  const running = await startS3(t);
  const buckets = resource(running, 'AWS::S3::Bucket');
  const made = await buckets.create(request);
  assert.deepEqual(made, {
    physicalId: 'stack-uploadbucket1a2b-abcdefghijkl',
    attributes: {
      Arn: 'arn:aws:s3:::stack-uploadbucket1a2b-abcdefghijkl',
      DomainName: 'stack-uploadbucket1a2b-abcdefghijkl.s3.amazonaws.com',
      RegionalDomainName: 'stack-uploadbucket1a2b-abcdefghijkl.s3.us-east-1.amazonaws.com',
      DualStackDomainName: 'stack-uploadbucket1a2b-abcdefghijkl.s3.dualstack.us-east-1.amazonaws.com',
      WebsiteURL: 'http://stack-uploadbucket1a2b-abcdefghijkl.s3-website-us-east-1.amazonaws.com',
    },
  });
  assert.deepEqual(await buckets.create(request), made);
  await assert.rejects(buckets.create({ ...request, properties: { BucketName: BUCKET } }), {
    code: 'BucketAlreadyOwnedByYou',
    message: `${BUCKET} already exists`,
  });
  const bucket = { Bucket: made.physicalId };
  await running.client.send(new PutObjectCommand({ ...bucket, Key: 'k', Body: 'x' }));
  await assert.rejects(buckets.delete(made.physicalId, {}), {
    message: /not empty \(Service: S3, Status Code: 409/,
  });
  await raw(running, { method: 'DELETE', target: `/${made.physicalId}/k` });
  await buckets.delete(made.physicalId, {});
  await buckets.delete(made.physicalId, {});
  assert.ok(!existsSync(join(running.dataDir, made.physicalId)));
});

test('checks properties, and refuses unsupported ones by name', async (t) => {
  const running = await startS3(t);
  const buckets = resource(running, 'AWS::S3::Bucket');
  const block = {
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  };
  const properties: JsonObject = {
    BucketName: 'full-bucket',
    PublicAccessBlockConfiguration: block,
    OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
    },
    LifecycleConfiguration: {
      Rules: [{ Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } }],
    },
    VersioningConfiguration: { Status: 'Enabled' },
    Tags: [{ Key: 'a', Value: '' }],
  };
  const { physicalId } = await buckets.create({ ...request, properties });
  const put = await raw(running, { method: 'PUT', target: `/${physicalId}/k`, body: 'x' });
  assert.match(put.headers['x-amz-version-id'] ?? '', /^[\w-]{32}$/);
  await buckets.update({ physicalId, properties: { BucketName: 'full-bucket' }, previous: properties });
  const { text } = await raw(running, { target: `/${physicalId}?versioning` });
  assert.match(text, /<Status>Suspended<\/Status>/);
  const refused: [properties: JsonObject, message: RegExp][] = [
    [{ ReplicationConfiguration: {} }, /does not support the property #\/ReplicationConfiguration/],
    [
      { LifecycleConfiguration: { Rules: [{ Status: 'Enabled', Transitions: [] }] } },
      /does not support the property #\/LifecycleConfiguration\/Rules\/0\/Transitions/,
    ],
    [
      { OwnershipControls: { Rules: [{ ObjectOwnership: 'ObjectWriter' }] } },
      /does not support the property .*\/ObjectOwnership with the value ObjectWriter/,
    ],
    [
      { PublicAccessBlockConfiguration: { BlockPublicAcls: 'perhaps' } },
      /#\/PublicAccessBlockConfiguration\/BlockPublicAcls: expected type: Boolean/,
    ],
    [{ VersioningConfiguration: {} }, /required key \[Status\] not found/],
    [{ BucketName: 'Not_A_Name' }, /not valid/],
  ];
  for (const [wrong, message] of refused) {
    await assert.rejects(buckets.create({ ...request, suffix: 'z'.repeat(20), properties: wrong }), {
      message,
    });
  }
});

test('makes AWS::S3::BucketPolicy the bucket’s only policy', async (t) => {
  const running = await startS3(t);
  const policies = resource(running, 'AWS::S3::BucketPolicy');
  const statement = { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: `arn:aws:s3:::${BUCKET}/*` };
  const document = (changes: JsonObject = {}): JsonObject => ({
    Bucket: BUCKET,
    PolicyDocument: { Version: '2012-10-17', Statement: [{ ...statement, ...changes }] },
  });
  const get = { target: `/${BUCKET}/k` };
  assert.equal((await policies.create({ ...request, properties: document() })).physicalId, BUCKET);
  await policies.create({ ...request, properties: document() });
  await assert.rejects(policies.create({ ...request, properties: document({ Action: 's3:PutObject' }) }), {
    message: `The bucket policy already exists on bucket ${BUCKET}.`,
  });
  assert.equal((await raw(running, get)).code, 'AccessDenied');
  const previous = document();
  await policies.update({ physicalId: BUCKET, properties: document({ Action: 's3:PutObject' }), previous });
  assert.equal((await raw(running, get)).code, 'NoSuchKey');
  await assert.rejects(
    policies.update({ physicalId: BUCKET, properties: document({ Effect: 'x' }), previous }),
    {
      code: 'MalformedPolicy',
    },
  );
  await policies.delete(BUCKET, previous);
  assert.equal((await raw(running, { target: `/${BUCKET}?policy` })).code, 'NoSuchBucketPolicy');
  await policies.delete('gone-already', previous);
  await assert.rejects(policies.create({ ...request, properties: { ...document(), Bucket: 'not-there' } }), {
    code: 'NoSuchBucket',
  });
});
