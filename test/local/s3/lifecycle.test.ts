import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetBucketLifecycleConfigurationCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { JsonObject } from '../../../local/json.ts';
import { BUCKET, startS3 } from './support.ts';

const WRITTEN = Date.parse('2026-11-23T10:30:00Z');

/** Creates a stack's bucket with lifecycle rules, on a clock that the test sets. */
async function withRules(t: TestContext, Rules: JsonObject[], more: JsonObject = {}) {
  const clock = { now: Date.now() };
  const running = await startS3(t, { now: () => new Date(clock.now) });
  const resource = running.resources.find(({ type }) => type === 'AWS::S3::Bucket');
  assert.ok(resource !== undefined);
  const properties = { BucketName: 'with-rules', LifecycleConfiguration: { Rules }, ...more };
  await resource.create({
    stackName: 'stack',
    logicalId: 'Bucket',
    suffix: 'abcdefghij0123456789',
    properties,
  });
  const move = (time: number) => {
    clock.now = time;
    // The client signs with the same clock.
    running.client.config.systemClockOffset = time - Date.now();
  };
  const at = async (time: string) => {
    move(Date.parse(time));
    await running.applyLifecycles();
  };
  move(WRITTEN);
  return { ...running, bucket: { Bucket: 'with-rules' }, at };
}

type World = Awaited<ReturnType<typeof withRules>>;

const put = ({ client, bucket }: World, Key: string) =>
  client.send(new PutObjectCommand({ ...bucket, Key, Body: 'x' }));

/** Returns `key` for each version, or `key deleted` for a delete marker, newest first. */
async function left({ client, bucket }: World): Promise<string[]> {
  const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand(bucket));
  return [...DeleteMarkers.map(({ Key }) => `${Key} deleted`), ...Versions.map(({ Key }) => `${Key}`)];
}

test('expires an object at the midnight after its last day', async (t) => {
  const world = await withRules(t, [{ Status: 'Enabled', Prefix: 'in/', ExpirationInDays: 2 }]);
  await put(world, 'in/a');
  await put(world, 'kept');
  await world.at('2026-11-25T23:59:59Z');
  assert.deepEqual(await left(world), ['in/a', 'kept']);
  await world.at('2026-11-26T00:00:00Z');
  assert.deepEqual(await left(world), ['kept']);
});

test('ignores a disabled rule', async (t) => {
  const world = await withRules(t, [{ Status: 'Disabled', ExpirationInDays: 1 }]);
  await put(world, 'a');
  await world.at('2027-11-26T00:00:00Z');
  assert.deepEqual(await left(world), ['a']);
});

test('expires in order with versioning: delete marker, version, marker', async (t) => {
  const world = await withRules(
    t,
    [
      { Status: 'Enabled', ExpirationInDays: 1, NoncurrentVersionExpiration: { NoncurrentDays: 1 } },
      { Status: 'Enabled', ExpiredObjectDeleteMarker: true },
    ],
    { VersioningConfiguration: { Status: 'Enabled' } },
  );
  await put(world, 'a');
  await world.at('2026-11-25T00:00:00Z');
  assert.deepEqual(await left(world), ['a deleted', 'a']);
  await world.at('2026-11-25T12:00:00Z');
  assert.deepEqual(await left(world), ['a deleted', 'a']);
  await world.at('2026-11-26T00:00:00Z');
  assert.deepEqual(await left(world), []);
});

test('keeps the rule’s number of older versions', async (t) => {
  const world = await withRules(
    t,
    [
      {
        Status: 'Enabled',
        NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 1 },
      },
    ],
    { VersioningConfiguration: { Status: 'Enabled' } },
  );
  for (let version = 0; version < 4; version += 1) await put(world, 'a');
  await world.at('2026-11-25T00:00:00Z');
  assert.deepEqual(await left(world), ['a', 'a']);
  await world.client.send(new DeleteObjectCommand({ ...world.bucket, Key: 'a' }));
});

test('aborts an unfinished upload', async (t) => {
  const rule = { Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } };
  const world = await withRules(t, [rule]);
  const open = async () =>
    (await world.client.send(new ListMultipartUploadsCommand(world.bucket))).Uploads?.length;
  await world.client.send(new CreateMultipartUploadCommand({ ...world.bucket, Key: 'a' }));
  await world.at('2026-11-30T23:59:59Z');
  assert.equal(await open(), 1);
  await world.at('2026-12-01T00:00:00Z');
  assert.equal(await open(), undefined);
});

test('returns the rules in S3’s form, or reports them missing', async (t) => {
  const { client, bucket } = await withRules(t, [
    { Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
    { Status: 'Enabled', ExpirationInDays: '30', NoncurrentVersionExpiration: { NoncurrentDays: 30 } },
    { Id: 'markers', Status: 'Disabled', Prefix: 'a/', ExpiredObjectDeleteMarker: true },
  ]);
  const { Rules } = await client.send(new GetBucketLifecycleConfigurationCommand(bucket));
  assert.deepEqual(Rules, [
    {
      ID: 'rule-1',
      Filter: { Prefix: '' },
      Status: 'Enabled',
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
    },
    {
      ID: 'rule-2',
      Filter: { Prefix: '' },
      Status: 'Enabled',
      Expiration: { Days: 30 },
      NoncurrentVersionExpiration: { NoncurrentDays: 30 },
    },
    {
      ID: 'markers',
      Filter: { Prefix: 'a/' },
      Status: 'Disabled',
      Expiration: { ExpiredObjectDeleteMarker: true },
    },
  ]);
  const none = client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: BUCKET }));
  await assert.rejects(none, { name: 'NoSuchLifecycleConfiguration' });
});
