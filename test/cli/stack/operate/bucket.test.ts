import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ListMultipartUploadsCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { listObjectPages, listObjects } from '../../../../cli/stack/listing/bucket-listing.ts';
import { emptyBucket, measureBucket } from '../../../../cli/stack/operate/bucket.ts';
import { encodeKey } from '../../../../protocol/object-url.ts';
import { BUCKET, raw, startS3 } from '../../../local/s3/support.ts';
import { withCode } from '../../transfer/helpers/uploading.ts';
import { workAgainst, workAt } from '../world.ts';

/** Keys of other tools, in S3's order. XML 1.0 cannot contain the control characters and noncharacters of some. */
const ODD_KEYS = [
  '\u0001',
  '\t',
  '\n',
  '\r',
  '\r\nlines\r',
  ' spaces ',
  '%41+b&amp;<Key>"',
  '../up',
  '../up\u0001',
  'a/../b',
  'a/./\u0001',
  'a//b/',
  'control\u0000\u001b\u007f',
  '\u0085next',
  'é',
  '\u2028line',
  '\ufffe',
  '\uffff',
  '🦊',
];

test('lists and deletes keys that XML cannot contain', async (t) => {
  const running = await startS3(t);
  const { work } = await workAt(t, running.endpoint);
  for (const key of ODD_KEYS) {
    const { status } = await raw(running, {
      method: 'PUT',
      target: `/${BUCKET}/${encodeKey(key)}`,
      body: 'x',
    });
    assert.equal(status, 200, JSON.stringify(key));
  }
  for (const key of ODD_KEYS) {
    const target = `/${BUCKET}/${encodeKey(key)}?uploads`;
    const { status } = await raw(running, { method: 'POST', target });
    assert.equal(status, 200, JSON.stringify(key));
  }
  const keys: string[] = [];
  for await (const { key } of listObjects(work, BUCKET)) keys.push(key);
  assert.deepEqual(keys, ODD_KEYS);
  assert.equal((await measureBucket(work, BUCKET)).objects, ODD_KEYS.length);
  await emptyBucket(work, BUCKET);
  const left = await running.client.send(new ListObjectVersionsCommand({ Bucket: BUCKET }));
  assert.equal(left.Versions, undefined);
  const unfinished = await running.client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
  assert.equal(unfinished.Uploads, undefined);
  assert.deepEqual(running.defects, []);
});

test('continues if an upload is completed or aborted elsewhere before its abort', async (t) => {
  const unfinished = (id: number) => `<Upload><Key>a</Key><UploadId>${id}</UploadId></Upload>`;
  let left = [1, 2, 3];
  const { work, events } = await workAgainst(t, (_, path, method) => {
    const id = Number(/uploadId=(\d+)/.exec(path)?.[1]);
    if (method === 'DELETE') {
      left = left.filter((other) => other !== id);
      return id === 2
        ? { status: 404, body: '<Error><Code>NoSuchUpload</Code><Message>gone</Message></Error>' }
        : { status: 204, body: '' };
    }
    const uploads = path.includes('?uploads') ? left.map(unfinished).join('') : '';
    return { body: `<Result>${LAST}${uploads}</Result>` };
  });
  await emptyBucket(work, 'b');
  const [done] = events.filter(({ type }) => type === 'task-done');
  assert.match(JSON.stringify(done), /0 objects, 0 B, 3 unfinished uploads/);
});

test('reports an upload that S3 still lists after its abort', async (t) => {
  const upload = '<Upload><Key>a%0A+b</Key><UploadId>1</UploadId></Upload><EncodingType>url</EncodingType>';
  const { work } = await workAgainst(t, (_, path, method) => {
    if (method === 'DELETE') return { status: 204, body: '' };
    return { body: `<Result>${LAST}${path.includes('?uploads') ? upload : ''}</Result>` };
  });
  await assert.rejects(
    emptyBucket(work, 'b'),
    withCode('aws', /The unfinished upload of a\n b in b still exists/),
  );
});

test('leaves no task open if a bucket cannot be listed', async (t) => {
  const denied = '<Error><Code>AccessDenied</Code><Message>no</Message></Error>';
  const { work, events } = await workAgainst(t, () => ({ status: 403, body: denied }));
  for (const read of [measureBucket, emptyBucket]) {
    events.length = 0;
    await assert.rejects(read(work, BUCKET), withCode('access_denied'));
    assert.deepEqual(
      events.map(({ type }) => type),
      ['task-started', 'task-failed'],
    );
  }
});

const object = (key: string) =>
  `<Contents><Key>${key}</Key><LastModified>2026-11-28T00:00:00Z</LastModified><ETag>&quot;e&quot;</ETag><Size>1</Size></Contents>`;
const page = (contents: string, more: string) =>
  `<?xml version="1.0"?>\n<ListBucketResult>${more}${contents}</ListBucketResult>`;
const LAST = '<IsTruncated>false</IsTruncated>';
const URL_ENCODED = '<EncodingType>url</EncodingType>';

test('decodes keys by the encoding that the response names', async (t) => {
  for (const [more, key, decoded] of [
    [URL_ENCODED, 'a+b%2Bc%20%26amp%3B', 'a b+c &amp;'],
    ['', 'a+b%2Bc &amp;amp; &#xD;&#13;&#x1F98A;', 'a+b%2Bc &amp; \r\r🦊'],
  ] as const) {
    const { work } = await workAgainst(t, () => ({ body: page(object(key), LAST + more) }));
    const found = [];
    for await (const one of listObjects(work, 'b')) found.push(one);
    assert.deepEqual(found, [
      { key: decoded, bytes: 1, modified: new Date('2026-11-28T00:00:00Z'), etag: 'e' },
    ]);
  }
  for (const key of ['%ED%A0%80', '%FF', '%']) {
    const { work } = await workAgainst(t, () => ({ body: page(object(key), LAST + URL_ENCODED) }));
    await assert.rejects(
      listObjects(work, 'b').next(),
      withCode('aws', /a key that is not valid Unicode/),
      key,
    );
  }
});

test('requests the next page while one is used, and reports its failure afterwards', async (t) => {
  let asked = 0;
  let second = () => {};
  const isAsked = new Promise<void>((resolve) => {
    second = resolve;
  });
  const { work } = await workAgainst(t, (_, path) => {
    asked += 1;
    if (!path.includes('continuation-token')) {
      const next = '<IsTruncated>true</IsTruncated><NextContinuationToken>a&amp;b</NextContinuationToken>';
      return { body: page(object('first'), next) };
    }
    assert.match(path, /continuation-token=a%26b/);
    second();
    return { body: '<html>Sign in</html>' };
  });
  const pages = listObjectPages(work, 'b');
  const first = await pages.next();
  assert.equal(first.value?.[0]?.key, 'first');
  await isAsked;
  assert.equal(asked, 2);
  await assert.rejects(pages.next(), withCode('aws', /no list/));
});
