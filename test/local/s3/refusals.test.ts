import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { BUCKET, type RawResponse, raw, startS3 } from './support.ts';

const SUBRESOURCES = [
  'acl',
  'tagging',
  'retention',
  'legal-hold',
  'torrent',
  'attributes',
  'restore',
  'select',
  'foo=bar',
];

test('refuses an unsupported sub-resource by name, never as the object', async (t) => {
  const running = await startS3(t);
  await running.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'k', Body: 'kept' }));
  for (const sub of SUBRESOURCES) {
    for (const method of ['PUT', 'GET', 'DELETE', 'POST']) {
      const answer = await raw(running, { method, target: `/${BUCKET}/k?${sub}`, body: 'x' });
      assert.deepEqual([answer.status, answer.code], [501, 'NotImplemented'], `${method} ?${sub}`);
      assert.match(answer.text, new RegExp(`&quot;${sub.split('=')[0]}&quot;`));
    }
  }
  for (const sub of ['acl', 'cors', 'publicAccessBlock', 'tagging', 'website', 'notification']) {
    for (const method of ['PUT', 'GET']) {
      const answer = await raw(running, { method, target: `/${BUCKET}?${sub}`, body: '' });
      assert.deepEqual([answer.status, answer.code], [501, 'NotImplemented'], `${method} ?${sub}`);
    }
  }
  // These can be read, but only a template can set them.
  for (const sub of ['lifecycle', 'encryption']) {
    const answer = await raw(running, { method: 'PUT', target: `/${BUCKET}?${sub}`, body: '' });
    assert.deepEqual([answer.status, answer.code], [501, 'NotImplemented'], `PUT ?${sub}`);
  }
  assert.equal((await raw(running, { target: `/${BUCKET}/k` })).text, 'kept');
});

test('refuses unsupported parts of a request by name', async (t) => {
  const running = await startS3(t);
  const put = (headers: Record<string, string>, query = '') =>
    raw(running, { method: 'PUT', target: `/${BUCKET}/k${query}`, body: 'x', headers });
  const refusals: [answer: Promise<RawResponse>, status: number, code: string][] = [
    [put({ 'x-amz-acl': 'public-read' }), 400, 'AccessControlListNotSupported'],
    // Buckets with private access can be created, others cannot.
    [put({ 'x-amz-acl': 'private' }), 400, 'AccessControlListNotSupported'],
    [
      raw(running, { method: 'PUT', target: '/open-bucket', headers: { 'x-amz-acl': 'public-read' } }),
      400,
      'InvalidBucketAclWithObjectOwnership',
    ],
    [put({ 'x-amz-grant-read': 'id=1' }), 400, 'AccessControlListNotSupported'],
    [put({ 'x-amz-storage-class': 'GLACIER' }), 501, 'NotImplemented'],
    [put({ 'x-amz-tagging': 'a=b' }), 501, 'NotImplemented'],
    [put({ 'x-amz-website-redirect-location': '/' }), 501, 'NotImplemented'],
    [put({ 'x-amz-server-side-encryption': 'aws:kms' }), 501, 'NotImplemented'],
    [put({ 'x-amz-server-side-encryption-customer-algorithm': 'AES256' }), 501, 'NotImplemented'],
    [put({ 'x-amz-object-lock-mode': 'GOVERNANCE' }), 501, 'NotImplemented'],
    [put({ 'x-amz-checksum-sha512': 'AA==' }), 501, 'NotImplemented'],
    [
      raw(running, {
        method: 'POST',
        target: `/${BUCKET}/k?uploadId=1`,
        headers: { 'x-amz-checksum-xxhash3': 'AA==' },
      }),
      501,
      'NotImplemented',
    ],
    [put({ 'x-amz-metadata-directive': 'COPY' }), 501, 'NotImplemented'],
    [put({ 'x-amz-copy-source': 'arn:aws:s3:us-east-1:1:accesspoint/a/object/k' }), 501, 'NotImplemented'],
    [put({ 'x-amz-expected-bucket-owner': '111111111111' }), 403, 'AccessDenied'],
    [put({ 'x-amz-expected-bucket-owner': 'ada' }), 400, 'InvalidBucketOwnerAWSAccountID'],
    [raw(running, { target: `/${BUCKET}?list-type=1` }), 501, 'NotImplemented'],
    [put({}, '?partNumber=1'), 501, 'NotImplemented'],
    [put({}, '?uploadId=1'), 501, 'NotImplemented'],
    [put({}, '?versionId=1'), 501, 'NotImplemented'],
  ];
  for (const [answer, status, code] of refusals) {
    const { status: actual, code: actualCode, text } = await answer;
    assert.deepEqual([actual, actualCode], [status, code], text);
  }
  const { KeyCount } = await running.client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  assert.equal(KeyCount, 0);
  const fine = { 'x-amz-acl': 'bucket-owner-full-control', 'x-amz-storage-class': 'STANDARD' };
  assert.equal((await put(fine)).status, 200);
  const closed = { method: 'PUT', target: '/closed-bucket', headers: { 'x-amz-acl': 'private' } };
  assert.equal((await raw(running, closed)).status, 200);
});

test('limits user metadata to 2 KB', async (t) => {
  const running = await startS3(t);
  const put = (length: number) =>
    raw(running, {
      method: 'PUT',
      target: `/${BUCKET}/k`,
      body: '',
      headers: { 'x-amz-meta-ab': 'x'.repeat(length) },
    });
  assert.equal((await put(2046)).status, 200);
  assert.equal((await put(2047)).code, 'MetadataTooLarge');
});

test('does not allow methods that S3 lacks', async (t) => {
  const running = await startS3(t);
  for (const [method, target] of [
    ['PATCH', `/${BUCKET}/k`],
    ['POST', `/${BUCKET}/k`],
    ['DELETE', '/'],
  ] as const) {
    const { status, code } = await raw(running, { method, target, body: '' });
    assert.deepEqual([status, code], [405, 'MethodNotAllowed'], `${method} ${target}`);
  }
});

test('does not implement uploads of HTML forms and CORS, which S3 has', async (t) => {
  const running = await startS3(t);
  for (const [method, target] of [
    ['POST', `/${BUCKET}`],
    ['OPTIONS', `/${BUCKET}`],
    ['OPTIONS', `/${BUCKET}/k`],
  ] as const) {
    const { status, code } = await raw(running, { method, target, body: '' });
    assert.deepEqual([status, code], [501, 'NotImplemented'], `${method} ${target}`);
  }
});

test('returns errors as S3’s document, with the IDs of the headers', async (t) => {
  const running = await startS3(t);
  const { status, headers, text } = await raw(running, { target: '/not-there/a%20b' });
  assert.equal(status, 404);
  assert.equal(headers['content-type'], 'application/xml');
  assert.equal(
    text,
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchBucket</Code>' +
      '<Message>The specified bucket does not exist</Message><BucketName>not-there</BucketName>' +
      `<Resource>/not-there/a%20b</Resource><RequestId>${headers['x-amz-request-id']}</RequestId>` +
      `<HostId>${headers['x-amz-id-2']}</HostId></Error>`,
  );
  assert.equal((await raw(running, { method: 'HEAD', target: '/not-there' })).text, '');
});

test('keeps the connection after a refused upload, and skips its body', async (t) => {
  const running = await startS3(t);
  const send = (body: string) =>
    fetch(`${running.endpoint}/${BUCKET}/k`, {
      method: 'PUT',
      body,
      headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
    });
  const answers = [await send(`GET / HTTP/1.1\r\n\r\n`), await send('x'.repeat(100_000)), await send('x')];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [403, 403, 403],
  );
  assert.deepEqual(running.defects, []);
});

test('refuses invalid XML', async (t) => {
  const running = await startS3(t);
  const { text } = await raw(running, { method: 'POST', target: `/${BUCKET}/k?uploads` });
  const target = `/${BUCKET}/k?uploadId=${/<UploadId>(.*)<\/UploadId>/.exec(text)?.[1]}`;
  const wrong = [
    '',
    'x',
    '<CompleteMultipartUpload>',
    '<CompleteMultipartUpload/>',
    '<Other><Part/></Other>',
    '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>',
    '<!DOCTYPE a [<!ENTITY b "c">]><CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>&b;</ETag></Part></CompleteMultipartUpload>',
  ];
  for (const body of wrong)
    assert.equal((await raw(running, { method: 'POST', target, body })).code, 'MalformedXML', body);
});

test('refuses response headers that no header can have', async (t) => {
  const running = await startS3(t);
  await running.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'k', Body: 'kept' }));
  const get = (name: string, value: string) =>
    raw(running, { target: `/${BUCKET}/k?${name}=${encodeURIComponent(value)}` });
  for (const value of ['a\r\nSet-Cookie: b', 'filename="€.txt"', '\0']) {
    for (const name of ['content-type', 'content-disposition', 'cache-control', 'expires']) {
      const answer = await get(`response-${name}`, value);
      assert.deepEqual([answer.status, answer.code], [400, 'InvalidArgument'], `${name}: ${value}`);
      assert.match(answer.text, /Header value cannot be represented using ISO-8859-1/);
    }
  }
  const fits = await get('response-content-disposition', 'filename="ü.txt"');
  assert.equal(fits.headers['content-disposition'], 'filename="ü.txt"');
});
