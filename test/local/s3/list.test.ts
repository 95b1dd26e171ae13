import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { BUCKET, type Running, raw, startS3 } from './support.ts';

async function fill({ client }: Running, keys: readonly string[]): Promise<void> {
  for (const Key of keys) await client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'x' }));
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Returns keys and common prefixes of each page. */
async function pages(
  { client }: Running,
  input: Omit<ListObjectsV2CommandInput, 'Bucket'>,
): Promise<string[][]> {
  const all: string[][] = [];
  let token: string | undefined;
  do {
    const page: ListObjectsV2CommandOutput = await client.send(
      new ListObjectsV2Command({ Bucket: BUCKET, ...input, ContinuationToken: token }),
    );
    const names = [
      ...(page.Contents ?? []).map(({ Key }) => Key),
      ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
    ];
    assert.equal(page.KeyCount, names.length);
    all.push(names.map((name) => name ?? '').sort(byBytes));
    token = page.NextContinuationToken;
    assert.equal(page.IsTruncated, token !== undefined);
  } while (token !== undefined);
  return all;
}

const KEYS = ['a', 'b/1', 'b/2', 'b/c/3', 'b0', 'd/', 'e//f', 'é', '\uffee', '🎉'];

test('lists keys in the order of their UTF-8 bytes on every page', async (t) => {
  const running = await startS3(t);
  await fill(running, [...KEYS].reverse());
  const { client } = running;
  const { Contents } = await client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  assert.deepEqual(
    Contents?.map(({ Key }) => Key),
    KEYS,
  );
  for (const MaxKeys of [1, 3, 10, 2 ** 31 - 1])
    assert.deepEqual((await pages(running, { MaxKeys })).flat(), KEYS);
  assert.deepEqual(await pages(running, { MaxKeys: 0 }), [[]]);
});

test('groups keys by prefix with a delimiter, once over all pages', async (t) => {
  const running = await startS3(t);
  await fill(running, KEYS);
  const rolled = ['a', 'b/', 'b0', 'd/', 'e/', 'é', '\uffee', '🎉'];
  for (const MaxKeys of [1, 2, 1000]) {
    const found = (await pages(running, { Delimiter: '/', MaxKeys })).flat();
    assert.deepEqual(new Set(found), new Set(rolled));
    assert.equal(found.length, rolled.length);
  }
  assert.deepEqual(await pages(running, { Delimiter: '/', Prefix: 'b/' }), [['b/1', 'b/2', 'b/c/']]);
  assert.deepEqual(await pages(running, { Delimiter: '/', Prefix: 'd/' }), [['d/']]);
  assert.deepEqual(await pages(running, { Delimiter: '//' }), [
    ['a', 'b/1', 'b/2', 'b/c/3', 'b0', 'd/', 'e//', 'é', '\uffee', '🎉'],
  ]);
  assert.deepEqual(await pages(running, { Prefix: 'nothing' }), [[]]);
});

test('starts after a key that may not exist', async (t) => {
  const running = await startS3(t);
  await fill(running, ['a', 'b', 'c']);
  assert.deepEqual(await pages(running, { StartAfter: 'b' }), [['c']]);
  assert.deepEqual(await pages(running, { StartAfter: 'aa' }), [['b', 'c']]);
});

test('continues version 1 from a marker, which can be a prefix', async (t) => {
  const running = await startS3(t);
  await fill(running, KEYS);
  const page = await running.client.send(
    new ListObjectsCommand({ Bucket: BUCKET, Delimiter: '/', MaxKeys: 2 }),
  );
  assert.deepEqual([page.NextMarker, page.IsTruncated], ['b/', true]);
  const next = await running.client.send(
    new ListObjectsCommand({ Bucket: BUCKET, Delimiter: '/', MaxKeys: 2, Marker: page.NextMarker }),
  );
  assert.deepEqual([next.Contents?.[0]?.Key, next.CommonPrefixes?.[0]?.Prefix], ['b0', 'd/']);
});

test('refuses malformed paging', async (t) => {
  const running = await startS3(t);
  for (const query of [
    'max-keys=x',
    'max-keys=-1',
    'max-keys=2147483648',
    'continuation-token=!',
    'continuation-token=',
    'encoding-type=xml',
  ]) {
    const { code } = await raw(running, { target: `/${BUCKET}?list-type=2&${query}` });
    assert.equal(code, 'InvalidArgument', query);
  }
});

test('deletes up to a thousand objects in one request', async (t) => {
  const running = await startS3(t);
  const keys = ['a', 'b & <c>', ' d ', 'tab\there'];
  await fill(running, keys);
  const remove = (names: readonly string[], Quiet = false) =>
    running.client.send(
      new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Quiet, Objects: names.map((Key) => ({ Key })) } }),
    );
  const { Deleted } = await remove([...keys.slice(0, 3), 'never there']);
  assert.deepEqual(
    Deleted?.map(({ Key }) => Key),
    [...keys.slice(0, 3), 'never there'],
  );
  assert.deepEqual(await pages(running, {}), [['tab\there']]);
  assert.equal((await remove(['tab\there'], true)).Deleted, undefined);
  assert.deepEqual(await pages(running, {}), [[]]);
  await assert.rejects(remove(Array.from({ length: 1001 }, (_, at) => `${at}`)), { name: 'MalformedXML' });
  const unproven = await raw(running, { method: 'POST', target: `/${BUCKET}?delete`, body: '<Delete/>' });
  assert.equal(unproven.code, 'InvalidRequest');
});

test('serves other requests while it deletes hundreds of objects', async (t) => {
  const running = await startS3(t);
  const keys = Array.from({ length: 300 }, (_, at) => `${at}`);
  await fill(running, keys);
  const Objects = keys.map((Key) => ({ Key }));
  let isOver = false;
  const deletion = running.client
    .send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } }))
    .finally(() => {
      isOver = true;
    });
  const counts: number[] = [];
  while (!isOver) counts.push((await pages(running, {})).flat().length);
  assert.equal((await deletion).Deleted?.length, keys.length);
  assert.ok(
    counts.some((count) => count > 0 && count < keys.length),
    counts.join(' '),
  );
});

test('reports times in whole seconds in lists, as in reads', async (t) => {
  const now = () => new Date(Math.floor(Date.now() / 1000) * 1000 + 987);
  const running = await startS3(t, { now });
  await fill(running, ['k']);
  await running.client.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: 'k' }));
  const lists = ['', '?list-type=2', '?versions', '?uploads'].map((query) => `/${BUCKET}${query}`);
  for (const target of ['/', ...lists]) {
    const times = (await raw(running, { target })).text.match(/\d\.\d+Z</g);
    assert.deepEqual(
      times?.map((time) => time.slice(1)),
      ['.000Z<'],
      target,
    );
  }
});
