import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { S3 } from '@aws-sdk/client-s3';
import { Identities } from '../../../local/auth/identities.ts';
import type { ServiceEvent } from '../../../local/events/service.ts';
import type { JsonObject } from '../../../local/json.ts';
import { createS3 } from '../../../local/s3/service.ts';
import { clientOptions, serve } from '../../support/serve.ts';

const ON: JsonObject = {
  NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
};

async function openRoom(t: TestContext, properties: JsonObject) {
  const dataDir = mkdtempSync(join(tmpdir(), 's3-events-'));
  t.after(() => rmSync(dataDir, { recursive: true }));
  const events: ServiceEvent[] = [];
  const s3 = createS3({
    dataDir,
    now: () => new Date(),
    identities: new Identities({ wellKnownKeys: true }),
    events: (event) => void events.push(event),
  });
  const [buckets] = s3.resources;
  assert.ok(buckets !== undefined);
  const state = await buckets.create({ stackName: 's', logicalId: 'b', suffix: '0'.repeat(20), properties });
  const client = new S3({ ...clientOptions(await serve(t, s3.handle)), forcePathStyle: true });
  t.after(() => client.destroy());
  return { client, events, buckets, bucket: { Bucket: state.physicalId } };
}

test('sends EventBridge an event for each created object', async (t) => {
  const { client, events, bucket } = await openRoom(t, {
    ...ON,
    VersioningConfiguration: { Status: 'Enabled' },
  });
  const { Bucket } = bucket;
  const put = await client.putObject({ ...bucket, Key: 'ä/b c.txt', Body: 'seven b' });
  const copied = await client.copyObject({
    ...bucket,
    Key: 'copy',
    CopySource: `${Bucket}/${encodeURIComponent('ä/b c.txt')}`,
  });
  const upload = { ...bucket, Key: 'parts' };
  const { UploadId } = await client.createMultipartUpload(upload);
  const { ETag } = await client.uploadPart({ ...upload, UploadId, PartNumber: 1, Body: 'part' });
  const whole = {
    ...upload,
    UploadId,
    MultipartUpload: { Parts: [{ PartNumber: 1, ...(ETag && { ETag }) }] },
  };
  const completed = await client.completeMultipartUpload(whole);
  await client.completeMultipartUpload(whole);
  await assert.rejects(client.putObject({ ...bucket, Key: 'copy', Body: 'x', IfNoneMatch: '*' }));
  await client.deleteObject({ ...bucket, Key: 'copy' });

  assert.deepEqual(
    events.map(({ detail }) => [detail.reason, (detail.object as JsonObject).key]),
    [
      ['PutObject', 'ä/b c.txt'],
      ['CopyObject', 'copy'],
      ['CompleteMultipartUpload', 'parts'],
    ],
  );
  assert.deepEqual(
    events.map(({ detail }) => [detail.object as JsonObject].map((one) => [one.etag, one['version-id']])[0]),
    [
      [put.ETag?.replaceAll('"', ''), put.VersionId],
      [copied.CopyObjectResult?.ETag?.replaceAll('"', ''), copied.VersionId],
      [completed.ETag?.replaceAll('"', ''), completed.VersionId],
    ],
  );
  const [{ detail, time, ...event } = { detail: {} as JsonObject, time: '' }] = events;
  assert.ok(Math.abs(Date.parse(time) - Date.now()) < 600_000, time);
  assert.deepEqual(event, {
    source: 'aws.s3',
    detailType: 'Object Created',
    resources: [`arn:aws:s3:::${Bucket}`],
  });
  const { object, 'request-id': requestId, ...rest } = detail;
  assert.deepEqual(rest, {
    version: '0',
    bucket: { name: Bucket },
    requester: '000000000000',
    'source-ip-address': '127.0.0.1',
    reason: 'PutObject',
  });
  assert.match(String(requestId), /^[\dA-F]{16}$/);
  assert.equal((object as JsonObject).size, 7);
  assert.match(String((object as JsonObject).sequencer), /^[\dA-F]{16}$/);
});

test('sends events only if configured', async (t) => {
  const { client, events, buckets, bucket } = await openRoom(t, {});
  const put = () => client.putObject({ ...bucket, Key: 'a', Body: 'a' });
  await put();
  assert.equal(events.length, 0);
  const change = (properties: JsonObject, previous: JsonObject) =>
    buckets.update({ physicalId: bucket.Bucket, properties, previous });
  await change(ON, {});
  await put();
  assert.equal(events.length, 1);
  await change({}, ON);
  await put();
  assert.equal(events.length, 1);
});

test('refuses other targets of notifications by name', async (t) => {
  for (const name of ['LambdaConfigurations', 'QueueConfigurations', 'TopicConfigurations']) {
    await assert.rejects(openRoom(t, { NotificationConfiguration: { [name]: [] } }), new RegExp(name));
  }
});
