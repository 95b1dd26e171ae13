import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openFaultyCloud } from './fixture.ts';

test('adds a bounded number of objects while a bucket is emptied', async (t) => {
  const { s3, faults } = await openFaultyCloud(t);
  const Bucket = 'emptied';
  await s3.createBucket({ Bucket });
  await s3.putObject({ Bucket, Key: 'mine', Body: 'x' });
  faults.lateWriter = { objects: 3 };
  const versions = async () => (await s3.listObjectVersions({ Bucket })).Versions ?? [];
  const first = await versions();
  assert.deepEqual(
    first.map(({ Key }) => Key),
    ['mine'],
  );
  await s3.deleteObjects({ Bucket, Delete: { Objects: [{ Key: 'mine' }] } });
  const late = await versions();
  assert.equal(late.length, 2);
  assert.ok(late.every(({ Key }) => Key?.startsWith('late/')));
  await s3.deleteObjects({ Bucket, Delete: { Objects: late.map(({ Key }) => ({ Key })) } });
  const last = await versions();
  assert.equal(last.length, 1);
  await s3.deleteObjects({ Bucket, Delete: { Objects: last.map(({ Key }) => ({ Key })) } });
  assert.deepEqual(await versions(), []);
  await s3.deleteBucket({ Bucket });
});
