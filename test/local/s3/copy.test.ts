import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  type CopyObjectCommandInput,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { BUCKET, type Running, raw, startS3 } from './support.ts';

const OTHER = 'other-bucket';
const PART = 5 * 1024 * 1024;

async function started(t: TestContext) {
  const running = await startS3(t);
  const { client } = running;
  await client.send(new CreateBucketCommand({ Bucket: OTHER }));
  const put = (Key: string, Body: string, more: object = {}) =>
    client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body, ...more }));
  const copy = (CopySource: string, Key: string, more: Partial<CopyObjectCommandInput> = {}) =>
    client.send(new CopyObjectCommand({ Bucket: BUCKET, Key, CopySource, ...more }));
  const read = async (Key: string, Bucket = BUCKET) => {
    const { Body, ...head } = await client.send(
      new GetObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }),
    );
    return { ...head, text: (await Body?.transformToString()) ?? '' };
  };
  const refusal = (copying: Promise<unknown>) =>
    copying.then(
      () => 'copied',
      ({ name }: Error) => name,
    );
  return { ...running, put, copy, read, refusal };
}

const md5 = (data: string | Buffer) => createHash('md5').update(data).digest('hex');

test('copies bytes, metadata and checksum, or replaces the metadata', async (t) => {
  const { put, copy, read, defects } = await started(t);
  await put('a', 'hello', {
    ContentType: 'text/plain',
    CacheControl: 'max-age=1',
    Metadata: { colour: 'red' },
    ChecksumAlgorithm: 'SHA256',
  });
  const { CopyObjectResult } = await copy(`${BUCKET}/a`, 'b', { ContentType: 'x/y', Metadata: { no: 'no' } });
  assert.equal(CopyObjectResult?.ETag, `"${md5('hello')}"`);
  assert.ok(CopyObjectResult?.LastModified instanceof Date);
  const copied = await read('b');
  assert.equal(copied.text, 'hello');
  assert.deepEqual(
    [copied.ContentType, copied.CacheControl, copied.Metadata],
    ['text/plain', 'max-age=1', { colour: 'red' }],
  );
  assert.equal(CopyObjectResult?.ChecksumSHA256, copied.ChecksumSHA256);
  assert.equal(copied.ChecksumSHA256, createHash('sha256').update('hello').digest('base64'));

  await copy(`/${BUCKET}/a`, 'c', {
    MetadataDirective: 'REPLACE',
    Metadata: { size: 'l' },
    ChecksumAlgorithm: 'CRC32',
  });
  const replaced = await read('c');
  assert.deepEqual(
    [replaced.text, replaced.ContentType, replaced.Metadata, replaced.ChecksumType],
    ['hello', 'binary/octet-stream', { size: 'l' }, 'FULL_OBJECT'],
  );
  assert.ok(replaced.ChecksumCRC32);
  assert.deepEqual(defects, []);
});

test('copies keys of all kinds, between buckets too', async (t) => {
  const { put, read, copy, refusal, client } = await started(t);
  for (const key of [
    'a b',
    'ü/ß',
    '50%',
    'a+b',
    "'()!*",
    'a?versionId=b',
    '日本/"q".bin',
    'x'.repeat(1_024),
  ]) {
    await put(key, key);
    const CopySource = `${BUCKET}/${encodeURIComponent(key)}`;
    await client.send(new CopyObjectCommand({ Bucket: OTHER, Key: key, CopySource }));
    assert.equal((await read(key, OTHER)).text, key);
  }
  assert.equal(await refusal(copy(`${BUCKET}/a+b`, 'k')), 'copied', 'a plus sign is a space');
  assert.equal((await read('k')).text, 'a b');
  await put('empty', '');
  await copy(`${BUCKET}/empty`, 'empty too');
  assert.equal((await read('empty too')).text, '');
});

test('refuses a copy onto itself without a change', async (t) => {
  const { put, copy, read, refusal, client, endpoint } = await started(t);
  await put('a', 'hello', { Metadata: { n: '1' } });
  const itself = (more: Partial<CopyObjectCommandInput> = {}) => copy(`${BUCKET}/a`, 'a', more);
  await assert.rejects(itself(), {
    name: 'InvalidRequest',
    message:
      /^This copy request is illegal because it is trying to copy an object to itself without changing/,
  });
  assert.equal(await refusal(itself({ MetadataDirective: 'COPY' })), 'InvalidRequest');
  assert.equal(await refusal(itself({ Metadata: { n: '2' } })), 'InvalidRequest');
  await itself({ MetadataDirective: 'REPLACE', Metadata: { n: '2' } });
  assert.deepEqual((await read('a')).Metadata, { n: '2' });
  await itself({ StorageClass: 'STANDARD' });
  await itself({ ServerSideEncryption: 'AES256' });
  await itself({ ChecksumAlgorithm: 'SHA1' });
  assert.ok((await read('a')).ChecksumSHA1);
  await client.send(
    new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: { Status: 'Enabled' } }),
  );
  const old = await put('a', 'first');
  const current = await put('a', 'second');
  assert.equal(await refusal(copy(`${BUCKET}/a?versionId=${current.VersionId}`, 'a')), 'InvalidRequest');
  const restored = await copy(`${BUCKET}/a?versionId=${old.VersionId}`, 'a');
  assert.equal(restored.CopySourceVersionId, old.VersionId);
  assert.ok(restored.VersionId && restored.VersionId !== current.VersionId);
  assert.equal((await read('a')).text, 'first');
  assert.ok(endpoint);
});

test('applies conditions on source and target', async (t) => {
  const { put, copy, refusal } = await started(t);
  const { ETag = '' } = await put('a', 'hello');
  await put('there', 'x');
  const before = new Date(Date.now() - 86_400_000);
  const after = new Date(Date.now() + 86_400_000);
  const rows: [Partial<CopyObjectCommandInput>, string][] = [
    [{ CopySourceIfMatch: ETag }, 'copied'],
    [{ CopySourceIfMatch: '"other"' }, 'PreconditionFailed'],
    [{ CopySourceIfNoneMatch: '"other"' }, 'copied'],
    [{ CopySourceIfNoneMatch: ETag }, 'PreconditionFailed'],
    [{ CopySourceIfModifiedSince: before }, 'copied'],
    [{ CopySourceIfModifiedSince: new Date() }, 'PreconditionFailed'],
    // S3 ignores dates in the future.
    [{ CopySourceIfModifiedSince: after }, 'copied'],
    [{ CopySourceIfUnmodifiedSince: after }, 'copied'],
    [{ CopySourceIfUnmodifiedSince: before }, 'PreconditionFailed'],
    [{ CopySourceIfMatch: ETag, CopySourceIfUnmodifiedSince: before }, 'copied'],
    [{ CopySourceIfNoneMatch: ETag, CopySourceIfModifiedSince: before }, 'PreconditionFailed'],
    [{ Key: 'there', IfNoneMatch: '*' }, 'PreconditionFailed'],
    [{ Key: 'not there', IfNoneMatch: '*' }, 'copied'],
    [{ Key: 'there', IfMatch: '"other"' }, 'PreconditionFailed'],
  ];
  for (const [more, expected] of rows) {
    assert.equal(await refusal(copy(`${BUCKET}/a`, 'k', more)), expected, JSON.stringify(more));
  }
});

test('refuses invalid sources in S3’s words', async (t) => {
  const { put, copy, refusal, client, port, ...rest } = await started(t);
  const running = { ...rest, client, port } as Running;
  await put('a', 'hello');
  const rows: [string, string][] = [
    [`${BUCKET}/missing`, 'NoSuchKey'],
    ['no-such-bucket/a', 'NoSuchBucket'],
    [`${BUCKET}/a?versionId=${'v'.repeat(32)}`, 'NoSuchVersion'],
    [`${BUCKET}/a?versionId=nonsense`, 'InvalidArgument'],
    [`${BUCKET}/a?versionId=`, 'InvalidArgument'],
    [BUCKET, 'InvalidArgument'],
    [`${BUCKET}/`, 'InvalidArgument'],
    ['/', 'InvalidArgument'],
    [`${BUCKET}/%zz`, 'InvalidArgument'],
    [`${BUCKET}/%ff`, 'InvalidArgument'],
    ['../../etc/passwd', 'NoSuchBucket'],
    ['arn:aws:s3:us-east-1:1:accesspoint/a/object/a', 'NotImplemented'],
  ];
  for (const [source, code] of rows) assert.equal(await refusal(copy(source, 'k')), code, source);
  const put2 = (headers: Record<string, string>) =>
    raw(running, {
      method: 'PUT',
      target: `/${BUCKET}/k`,
      headers: { 'x-amz-copy-source': `${BUCKET}/a`, ...headers },
    });
  assert.equal((await put2({ 'x-amz-metadata-directive': 'MERGE' })).code, 'InvalidArgument');
  assert.equal((await put2({ 'x-amz-checksum-algorithm': 'ROT13' })).code, 'NotImplemented');
  assert.equal((await put2({ 'x-amz-source-expected-bucket-owner': '111111111111' })).code, 'AccessDenied');
  assert.equal(
    (await put2({ 'x-amz-copy-source-server-side-encryption-customer-key': 'x' })).code,
    'NotImplemented',
  );
  await client.send(
    new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: { Status: 'Enabled' } }),
  );
  const { VersionId } = await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a' }));
  assert.equal(await refusal(copy(`${BUCKET}/a`, 'k')), 'NoSuchKey');
  assert.equal(await refusal(copy(`${BUCKET}/a?versionId=${VersionId}`, 'k')), 'InvalidRequest');
  assert.deepEqual(running.defects, []);
});

test('requires permission to read the source and to write the target', async (t) => {
  const running = await started(t);
  const { client, put, copy, refusal, identities } = running;
  await put('open/a', 'x');
  await put('closed/a', 'x');
  const deny = (Action: string, key: string) => ({
    Effect: 'Deny',
    Principal: '*',
    Action,
    Resource: `arn:aws:s3:::${BUCKET}/${key}`,
  });
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [deny('s3:GetObject', 'closed/*'), deny('s3:PutObject', 'full/*')],
  });
  await client.send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy }));
  assert.equal(await refusal(copy(`${BUCKET}/open/a`, 'b')), 'copied');
  assert.equal(await refusal(copy(`${BUCKET}/closed/a`, 'b')), 'AccessDenied');
  assert.equal(await refusal(copy(`${BUCKET}/open/a`, 'full/b')), 'AccessDenied');

  const OAC = { accessKeyId: 'oac', secret: 'of its own' };
  const sourceArn = 'arn:aws:cloudfront::000000000000:distribution/E1';
  const service = {
    kind: 'service',
    service: 'cloudfront.amazonaws.com',
    sourceArn,
    sourceAccount: '0',
  } as const;
  identities.register(OAC.accessKeyId, { secret: OAC.secret, principal: service });
  const allow = { Effect: 'Allow', Principal: { Service: service.service }, Action: 's3:PutObject' };
  const Statement = [
    {
      ...allow,
      Resource: `arn:aws:s3:::${BUCKET}/*`,
      Condition: { StringEquals: { 'aws:SourceArn': sourceArn } },
    },
  ];
  await client.send(
    new PutBucketPolicyCommand({
      Bucket: BUCKET,
      Policy: JSON.stringify({ Version: '2012-10-17', Statement }),
    }),
  );
  const asService = { method: 'PUT', target: `/${BUCKET}/stolen`, as: OAC };
  const stolen = await raw(running, { ...asService, headers: { 'x-amz-copy-source': `${BUCKET}/closed/a` } });
  assert.equal(stolen.code, 'AccessDenied', 'a caller that may only write cannot read by copying');
});

test('copies parts whole or by range, beside parts that are sent', async (t) => {
  const { client, put, read, refusal, defects, port, ...others } = await started(t);
  const running = { ...others, client, port, defects } as Running;
  const bytes = randomBytes(PART + 1_000);
  await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'source', Body: bytes }));
  await put('small', 'tail');
  const upload = { Bucket: BUCKET, Key: 'joined' };
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ ...upload, ChecksumAlgorithm: 'CRC32C', ChecksumType: 'FULL_OBJECT' }),
  );
  const copyPart = (PartNumber: number, source: string, CopySourceRange?: string) =>
    client.send(
      new UploadPartCopyCommand({
        ...upload,
        UploadId,
        PartNumber,
        CopySource: `${BUCKET}/${source}`,
        CopySourceRange,
      }),
    );
  const first = await copyPart(1, 'source', `bytes=0-${PART - 1}`);
  const second = await copyPart(2, 'source', `bytes=1-${PART}`);
  const sent = await client.send(
    new UploadPartCommand({
      ...upload,
      UploadId,
      PartNumber: 3,
      Body: bytes.subarray(0, PART),
      ChecksumAlgorithm: 'CRC32C',
    }),
  );
  const last = await copyPart(4, 'small');
  assert.equal(first.CopyPartResult?.ETag, `"${md5(bytes.subarray(0, PART))}"`);
  assert.ok(first.CopyPartResult?.ChecksumCRC32C);
  for (const range of ['bytes=0-', 'bytes=-5', 'bytes=5-4', '0-4', 'bytes=0-4,6-7']) {
    assert.equal(await refusal(copyPart(5, 'source', range)), 'InvalidArgument', range);
  }
  assert.equal(await refusal(copyPart(5, 'source', `bytes=0-${PART + 1_000}`)), 'InvalidRequest');
  assert.equal(await refusal(copyPart(5, 'missing')), 'NoSuchKey');
  assert.equal(await refusal(copyPart(0, 'source')), 'InvalidArgument');
  for (const name of ['x-amz-metadata-directive', 'x-amz-tagging-directive']) {
    const target = `/${BUCKET}/joined?partNumber=5&uploadId=${UploadId}`;
    const headers = { 'x-amz-copy-source': `${BUCKET}/small`, [name]: 'COPY' };
    const { code, text } = await raw(running, { method: 'PUT', target, headers });
    assert.deepEqual([code, text.includes('not valid in this context')], ['InvalidArgument', true], name);
  }
  const parts = [first.CopyPartResult, second.CopyPartResult, sent, last.CopyPartResult];
  await client.send(
    new CompleteMultipartUploadCommand({
      ...upload,
      UploadId,
      MultipartUpload: { Parts: parts.map((part, at) => ({ ETag: part?.ETag, PartNumber: at + 1 })) },
    }),
  );
  const expected = Buffer.concat([
    bytes.subarray(0, PART),
    bytes.subarray(1, PART + 1),
    bytes.subarray(0, PART),
    Buffer.from('tail'),
  ]);
  const whole = await client.send(new GetObjectCommand(upload));
  assert.equal(md5(Buffer.from((await whole.Body?.transformToByteArray()) ?? [])), md5(expected));
  await client.send(new CopyObjectCommand({ ...upload, Key: 'again', CopySource: `${BUCKET}/joined` }));
  const copied = await client.send(new HeadObjectCommand({ ...upload, Key: 'again' }));
  assert.equal(copied.ETag, `"${md5(expected)}"`, 'a copy has the ETag of one part');
  assert.ok((await read('again')).text);
  assert.deepEqual(defects, []);
});
