import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { BUCKET, raw, startS3 } from './support.ts';

test('returns an object unchanged, with its headers and metadata', async (t) => {
  const { client, dataDir, defects } = await startS3(t);
  const body = randomBytes(3_000_000);
  const put = await client.send(
    new PutObjectCommand({
      Bucket: BUCKET,
      Key: 'photos/été 1.jpg',
      Body: body,
      ContentType: 'image/jpeg',
      CacheControl: 'max-age=60',
      ContentDisposition: 'attachment',
      ContentEncoding: 'identity',
      ContentLanguage: 'fr',
      Metadata: { 'taken-by': 'me' },
    }),
  );
  assert.equal(put.ETag, `"${createHash('md5').update(body).digest('hex')}"`);
  assert.equal(put.ChecksumType, 'FULL_OBJECT');
  assert.equal(put.ServerSideEncryption, 'AES256');
  const got = await client.send(
    new GetObjectCommand({ Bucket: BUCKET, Key: 'photos/été 1.jpg', ChecksumMode: 'ENABLED' }),
  );
  assert.deepEqual(Buffer.from((await got.Body?.transformToByteArray()) ?? []), body);
  assert.equal(got.ContentType, 'image/jpeg');
  assert.equal(got.CacheControl, 'max-age=60');
  assert.equal(got.ContentDisposition, 'attachment');
  assert.equal(got.ContentEncoding, 'identity');
  assert.equal(got.ContentLanguage, 'fr');
  assert.deepEqual(got.Metadata, { 'taken-by': 'me' });
  assert.equal(got.ChecksumCRC32, put.ChecksumCRC32);
  assert.deepEqual(readFileSync(join(dataDir, BUCKET, 'objects/photos/été 1.jpg')), body);
  assert.deepEqual(defects, []);
});

test('stores a stream in aws-chunked with a trailing checksum', async (t) => {
  const { client } = await startS3(t);
  const body = randomBytes(2_500_001);
  const pieces = [body.subarray(0, 10), body.subarray(10, 1_000_000), body.subarray(1_000_000)];
  const put = await client.send(
    new PutObjectCommand({
      Bucket: BUCKET,
      Key: 'stream',
      Body: Readable.from(pieces),
      ContentLength: body.length,
      ChecksumAlgorithm: 'SHA256',
    }),
  );
  assert.equal(put.ChecksumSHA256, createHash('sha256').update(body).digest('base64'));
  const head = await client.send(
    new HeadObjectCommand({ Bucket: BUCKET, Key: 'stream', ChecksumMode: 'ENABLED' }),
  );
  assert.equal(head.ContentLength, body.length);
  assert.equal(head.ContentType, 'application/octet-stream');
  assert.equal(head.ContentEncoding, undefined);
  assert.equal(head.ChecksumSHA256, put.ChecksumSHA256);
});

test('stores an empty object', async (t) => {
  const { client } = await startS3(t);
  await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'empty', Body: '' }));
  const got = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'empty' }));
  assert.equal(got.ContentLength, 0);
  assert.equal(await got.Body?.transformToString(), '');
});

test('returns exactly the bytes of a range', async (t) => {
  const { client } = await startS3(t);
  await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'k', Body: '0123456789' }));
  const get = async (Range: string) => {
    const { Body, ContentRange } = await client.send(
      new GetObjectCommand({ Bucket: BUCKET, Key: 'k', Range }),
    );
    return [await Body?.transformToString(), ContentRange];
  };
  assert.deepEqual(await get('bytes=2-4'), ['234', 'bytes 2-4/10']);
  assert.deepEqual(await get('bytes=7-'), ['789', 'bytes 7-9/10']);
  assert.deepEqual(await get('bytes=-3'), ['789', 'bytes 7-9/10']);
  assert.deepEqual(await get('bytes=8-99'), ['89', 'bytes 8-9/10']);
  assert.deepEqual(await get('bytes=0-1,3-4'), ['0123456789', undefined]);
  await assert.rejects(get('bytes=10-'), { name: 'InvalidRange' });
});

test('applies conditions to reads', async (t) => {
  const { client } = await startS3(t);
  const { ETag = '' } = await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'k', Body: 'x' }));
  const get = (conditions: object) =>
    client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'k', ...conditions }));
  const tomorrow = new Date(Date.now() + 86_400_000);
  const yesterday = new Date(Date.now() - 86_400_000);
  assert.equal((await get({ IfMatch: ETag })).ContentLength, 1);
  assert.equal((await get({ IfNoneMatch: '"other"' })).ContentLength, 1);
  await assert.rejects(get({ IfMatch: '"other"' }), { name: 'PreconditionFailed' });
  await assert.rejects(get({ IfUnmodifiedSince: yesterday }), { name: 'PreconditionFailed' });
  const notModified = { $metadata: { httpStatusCode: 304 } };
  await assert.rejects(
    get({ IfNoneMatch: ETag }),
    (error: typeof notModified) => error.$metadata.httpStatusCode === 304,
  );
  await assert.rejects(
    get({ IfModifiedSince: new Date() }),
    (error: typeof notModified) => error.$metadata.httpStatusCode === 304,
  );
  // S3 ignores dates in the future.
  assert.equal((await get({ IfModifiedSince: tomorrow })).ContentLength, 1);
  assert.equal((await get({ IfUnmodifiedSince: tomorrow })).ContentLength, 1);
});

test('deletes an object, and succeeds again without it', async (t) => {
  const { client } = await startS3(t);
  await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'k', Body: 'x' }));
  await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'k' }));
  await assert.rejects(client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'k' })), {
    name: 'NoSuchKey',
  });
  await assert.rejects(client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'k' })), {
    name: 'NotFound',
  });
  await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'k' }));
});

test('lists the account’s buckets', async (t) => {
  const { client } = await startS3(t);
  const { Buckets } = await client.send(new ListBucketsCommand({}));
  assert.deepEqual(
    Buckets?.map(({ Name }) => Name),
    [BUCKET],
  );
});

test('returns metadata beyond ASCII in words of RFC 2047', async (t) => {
  const running = await startS3(t);
  const target = `/${BUCKET}/k`;
  const reported = async (value: string) => {
    const headers = { 'x-amz-meta-name': Buffer.from(value).toString('latin1') };
    assert.equal((await raw(running, { method: 'PUT', target, headers, body: 'x' })).status, 200);
    return (await raw(running, { method: 'HEAD', target })).headers['x-amz-meta-name'] ?? '';
  };
  assert.equal(await reported('plain ~ text'), 'plain ~ text');
  assert.equal(await reported('Mini\u00f6'), '=?UTF-8?Q?Mini=C3=83=C2=B6?=');
  assert.equal(await reported('\u00f6'), '=?UTF-8?B?w4PCtg==?=');
  assert.equal(await reported('a b_c? \u00f6'), '=?UTF-8?Q?a_b=5Fc=3F_=C3=83=C2=B6?=');
  assert.equal(await reported('=?UTF-8?Q?Mini=C3=B6?='), '=?UTF-8?Q?Mini=C3=B6?=');
  const words = (await reported(`${'long text '.repeat(20)}\u00f6`)).split(' ');
  assert.ok(words.length > 1 && words.every((word) => /^=\?UTF-8\?Q\?[!-~]{1,63}\?=$/.test(word)));
});
