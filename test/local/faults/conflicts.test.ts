import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openFaultyCloud } from './fixture.ts';

test('makes a conditional Complete, and each retry, conflict with another write', async (t) => {
  const { s3, faults } = await openFaultyCloud(t);
  const Bucket = 'contended';
  await s3.createBucket({ Bucket });
  const begin = async (Key: string) => {
    const { UploadId } = await s3.createMultipartUpload({ Bucket, Key });
    const { ETag } = await s3.uploadPart({ Bucket, Key, UploadId, PartNumber: 1, Body: 'x' });
    const complete = (IfNoneMatch?: string) =>
      s3.completeMultipartUpload({
        Bucket,
        Key,
        UploadId,
        IfNoneMatch,
        MultipartUpload: { Parts: [{ ETag, PartNumber: 1 }] },
      });
    return { UploadId, complete };
  };
  const isConflict = (error: Error & { $metadata?: { httpStatusCode?: number } }) => {
    assert.deepEqual([error.name, error.$metadata?.httpStatusCode], ['ConditionalRequestConflict', 409]);
    return true;
  };
  faults.completeConflicts = 1;
  const free = await begin('free');
  await free.complete();
  const first = await begin('k');
  await assert.rejects(first.complete('*'), isConflict);
  await assert.rejects(first.complete('*'), isConflict);
  await s3.abortMultipartUpload({ Bucket, Key: 'k', UploadId: first.UploadId });
  const again = await begin('k');
  await again.complete('*');
  assert.equal((await s3.headObject({ Bucket, Key: 'k' })).ContentLength, 1);
});
