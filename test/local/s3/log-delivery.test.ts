import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { bucketLogs } from '../../../local/origin.ts';
import { BUCKET, startS3 } from './support.ts';

test('delivers logs only to a bucket with ACLs', async (t) => {
  const running = await startS3(t);
  const resource = running.resources.find(({ type }) => type === 'AWS::S3::Bucket');
  await resource?.create({
    stackName: 'stack',
    logicalId: 'LogBucket',
    suffix: 'abcdefghij0123456789',
    properties: {
      BucketName: 'the-logs',
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerPreferred' }] },
    },
  });
  const logs = bucketLogs(running.logs);
  assert.equal(logs.problem('the-logs.s3.us-east-1.amazonaws.com'), undefined);
  for (const host of [`${BUCKET}.s3.amazonaws.com`, 'no-bucket.s3.amazonaws.com']) {
    assert.match(String(logs.problem(host)), /does not enable ACL access/);
  }
  assert.match(String(logs.problem('logs.example.com')), /valid S3 bucket/);

  logs.deliver('the-logs.s3.us-east-1.amazonaws.com', 'a/E1.gz', Buffer.from('lines'));
  logs.deliver('no-bucket.s3.amazonaws.com', 'a/E1.gz', Buffer.from('lines'));
  const bucket = { Bucket: 'the-logs' };
  const { Contents = [] } = await running.client.send(new ListObjectsV2Command(bucket));
  assert.deepEqual(
    Contents.map(({ Key, Size }) => [Key, Size]),
    [['a/E1.gz', 5]],
  );
  const { Body } = await running.client.send(new GetObjectCommand({ ...bucket, Key: 'a/E1.gz' }));
  assert.equal(await Body?.transformToString(), 'lines');
});
