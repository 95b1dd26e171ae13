import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { BUCKET, type RawRequest, type Running, raw, startS3 } from './support.ts';

const bucket = { Bucket: BUCKET };
const named = { ...bucket, Key: 'k' };

async function setVersioning({ client }: Running, Status: 'Enabled' | 'Suspended'): Promise<void> {
  await client.send(new PutBucketVersioningCommand({ ...bucket, VersioningConfiguration: { Status } }));
}

async function put({ client }: Running, Body: string): Promise<string | undefined> {
  return (await client.send(new PutObjectCommand({ ...named, Body }))).VersionId;
}

async function get({ client }: Running, VersionId?: string): Promise<string | undefined> {
  return (await client.send(new GetObjectCommand({ ...named, VersionId }))).Body?.transformToString();
}

test('keeps every write, and only hides the object at a delete', async (t) => {
  const running = await startS3(t);
  assert.equal(await put(running, 'before'), undefined);
  await setVersioning(running, 'Enabled');
  assert.equal((await running.client.send(new GetBucketVersioningCommand(bucket))).Status, 'Enabled');
  const [first, second] = [await put(running, 'first'), await put(running, 'second')];
  const { DeleteMarker, VersionId: marker } = await running.client.send(new DeleteObjectCommand(named));
  assert.equal(DeleteMarker, true);
  await assert.rejects(get(running), { name: 'NoSuchKey' });
  await assert.rejects(get(running, marker), { name: 'MethodNotAllowed' });
  await assert.rejects(get(running, 'v'.repeat(32)), { name: 'NoSuchVersion' });
  const target = `/${named.Bucket}/${named.Key}`;
  for (const id of ['', 'unknown', 'v'.repeat(33), `${'v'.repeat(31)}%2F`]) {
    for (const method of ['GET', 'DELETE']) {
      const { code } = await raw(running, { method, target: `${target}?versionId=${id}` });
      assert.equal(code, 'InvalidArgument', `${method} ${id}`);
    }
  }
  const listing = `/${named.Bucket}?versions&key-marker=a&version-id-marker=unknown`;
  assert.equal((await raw(running, { target: listing })).code, 'InvalidArgument');
  assert.deepEqual(
    [await get(running, 'null'), await get(running, first), await get(running, second)],
    ['before', 'first', 'second'],
  );

  const again = await startS3(t, { dataDir: running.dataDir });
  await again.client.send(new DeleteObjectCommand({ ...named, VersionId: marker }));
  assert.equal(await get(again), 'second');
  await again.client.send(new DeleteObjectCommand({ ...named, VersionId: second }));
  assert.equal(await get(again), 'first');
  await put(again, 'third');
  assert.equal(await get(again, first), 'first');
  assert.equal(readFileSync(join(again.dataDir, BUCKET, 'objects/k'), 'utf8'), 'third');
});

test('replaces the null version while suspended, and keeps others', async (t) => {
  const running = await startS3(t);
  await setVersioning(running, 'Enabled');
  const kept = await put(running, 'kept');
  await setVersioning(running, 'Suspended');
  await put(running, 'one');
  await put(running, 'two');
  const { Versions } = await running.client.send(new ListObjectVersionsCommand(bucket));
  assert.deepEqual(
    Versions?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest]),
    [
      ['null', true],
      [kept, false],
    ],
  );
  assert.deepEqual([await get(running), await get(running, kept)], ['two', 'kept']);
});

test('reports delete markers and null versions in headers', async (t) => {
  const running = await startS3(t);
  const target = `/${BUCKET}/k`;
  const head = async (request: Partial<RawRequest> = {}) => {
    const { status, headers } = await raw(running, { method: 'HEAD', target, ...request });
    return [status, headers['x-amz-version-id'], headers['x-amz-delete-marker']];
  };
  await put(running, 'one');
  assert.deepEqual(await head(), [200, undefined, undefined]);
  await setVersioning(running, 'Enabled');
  assert.deepEqual(await head(), [200, 'null', undefined]);
  const { VersionId: marker } = await running.client.send(new DeleteObjectCommand(named));
  for (const method of ['GET', 'HEAD']) {
    assert.deepEqual(await head({ method }), [404, marker, 'true'], method);
    const ofMarker = { method, target: `${target}?versionId=${marker}` };
    assert.deepEqual(await head(ofMarker), [405, marker, 'true'], method);
    assert.match((await raw(running, ofMarker)).headers['last-modified'] ?? '', / GMT$/);
  }
  assert.deepEqual(await head({ target: `/${BUCKET}/other` }), [404, undefined, undefined]);
  await setVersioning(running, 'Suspended');
  const written = await raw(running, { method: 'PUT', target, body: 'two' });
  assert.equal(written.headers['x-amz-version-id'], undefined);
  assert.deepEqual(await head(), [200, 'null', undefined]);
});

test('continues a list whose marked version was deleted', async (t) => {
  const running = await startS3(t);
  const { client } = running;
  await setVersioning(running, 'Enabled');
  for (const Body of ['1', '2', '3']) await put(running, Body);
  let markers: object | undefined = {};
  while (markers !== undefined) {
    const page: ListObjectVersionsCommandOutput = await client.send(
      new ListObjectVersionsCommand({ ...bucket, MaxKeys: 1, ...markers }),
    );
    const Objects = (page.Versions ?? []).map(({ Key, VersionId }) => ({ Key, VersionId }));
    await client.send(new DeleteObjectsCommand({ ...bucket, Delete: { Objects } }));
    markers = page.IsTruncated
      ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
      : undefined;
  }
  assert.equal((await client.send(new ListObjectVersionsCommand(bucket))).Versions, undefined);
});

test('reports a malformed version id of each key to delete', async (t) => {
  const running = await startS3(t);
  await put(running, 'one');
  const Objects = [
    { Key: 'k', VersionId: 'unknown' },
    { Key: 'k', VersionId: 'v'.repeat(32) },
  ];
  const { Errors, Deleted } = await running.client.send(
    new DeleteObjectsCommand({ ...bucket, Delete: { Objects } }),
  );
  const reported = Errors?.map(({ Key, VersionId, Code }) => [Key, VersionId, Code]);
  assert.deepEqual(reported, [['k', 'unknown', 'NoSuchVersion']]);
  assert.deepEqual(Deleted, [Objects[1]]);
});

test('lists versions and markers page by page, and deletes them at once', async (t) => {
  const running = await startS3(t);
  const { client } = running;
  await setVersioning(running, 'Enabled');
  for (const Key of ['a', 'b']) {
    for (const Body of ['1', '2']) await client.send(new PutObjectCommand({ ...bucket, Key, Body }));
    await client.send(new DeleteObjectCommand({ ...bucket, Key }));
  }
  const found: { Key: string; VersionId: string }[] = [];
  let markers: object | undefined = {};
  while (markers !== undefined) {
    const page: ListObjectVersionsCommandOutput = await client.send(
      new ListObjectVersionsCommand({ ...bucket, MaxKeys: 1, ...markers }),
    );
    for (const { Key = '', VersionId = '' } of [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]) {
      found.push({ Key, VersionId });
    }
    markers = page.IsTruncated
      ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
      : undefined;
  }
  assert.equal(new Set(found.map(({ VersionId }) => VersionId)).size, 6);
  const { Errors } = await client.send(new DeleteObjectsCommand({ ...bucket, Delete: { Objects: found } }));
  assert.equal(Errors, undefined);
  const left = await client.send(new ListObjectVersionsCommand(bucket));
  assert.deepEqual([left.Versions, left.DeleteMarkers], [undefined, undefined]);
  const folder = join(running.dataDir, BUCKET);
  assert.deepEqual([readdirSync(join(folder, 'objects')), readdirSync(join(folder, 'versions'))], [[], []]);
});

test('changes nothing if the older version cannot be kept', async (t) => {
  const running = await startS3(t);
  const { client } = running;
  await setVersioning(running, 'Enabled');
  await put(running, 'one');
  writeFileSync(join(running.dataDir, BUCKET, 'versions'), 'instead of the folder');
  await assert.rejects(client.send(new DeleteObjectCommand(named)));
  await assert.rejects(put(running, 'two'));
  assert.equal(running.defects.length, 2);
  for (const one of [running, await startS3(t, { dataDir: running.dataDir })]) {
    assert.equal(await get(one), 'one');
    const { Versions, DeleteMarkers } = await one.client.send(new ListObjectVersionsCommand(bucket));
    assert.deepEqual([Versions?.length, DeleteMarkers], [1, undefined]);
  }
});
