import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { DeleteObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { percentEncode } from '../../../local/auth/canonical.ts';
import { hashedPath, readablePath } from '../../../local/s3/store/paths.ts';
import { BUCKET, raw, startS3 } from './support.ts';

const ODD_KEYS = [
  'a//b',
  'a/',
  '/',
  '//',
  '/leading',
  '.',
  '..',
  '../escape',
  '../../escape',
  'a/./b',
  'a/../b',
  'a/%2e%2e/b',
  '%',
  '%hashed/x',
  'objects/x',
  'back\\slash',
  'tab\tnew\nline',
  '\u0001\u001f\u007f\u0085',
  'null\0byte',
  'sp ace+plus&amp;<xml>"quote"\'',
  'ünïcödé/日本語/🎉',
  'e\u0301 and é',
  '\ufffd\uffff',
  'x'.repeat(1024),
  `deep/${'y'.repeat(300)}/end`,
  '🎉'.repeat(256),
  `${'d/'.repeat(511)}e`,
];

test('stores every legal key separately, readable after a restart', async (t) => {
  const running = await startS3(t);
  const encoded = (key: string) =>
    key
      .split('/')
      .map((segment) => percentEncode(segment))
      .join('/');
  const target = (key: string) => `/${BUCKET}/${encoded(key)}`;
  for (const key of ODD_KEYS) {
    const put = await raw(running, { method: 'PUT', target: target(key), body: `is ${key}` });
    assert.equal(put.status, 200, `${JSON.stringify(key)}: ${put.text}`);
  }
  const again = await startS3(t, { dataDir: running.dataDir });
  for (const key of ODD_KEYS) {
    assert.equal((await raw(again, { target: target(key) })).text, `is ${key}`, JSON.stringify(key));
  }
  const { text } = await raw(again, { target: `/${BUCKET}?list-type=2&encoding-type=url` });
  const listed = [...text.matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key = '']) =>
    decodeURIComponent(key.replaceAll('+', ' ')),
  );
  assert.deepEqual(
    listed,
    [...ODD_KEYS].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  );
  assert.deepEqual(readdirSync(join(running.dataDir)), [BUCKET]);
  for (const key of ODD_KEYS) await raw(again, { method: 'DELETE', target: target(key) });
  assert.deepEqual(readdirSync(join(running.dataDir, BUCKET, 'objects')), []);
});

test('stores a key that is also the folder of others, in any order', async (t) => {
  const running = await startS3(t);
  const put = (key: string) => raw(running, { method: 'PUT', target: `/${BUCKET}/${key}`, body: key });
  for (const key of ['a', 'a/b', 'a/b/c', 'x/y/z', 'x/y', 'x', 'a'])
    assert.equal((await put(key)).status, 200);
  for (const key of ['a', 'a/b', 'a/b/c', 'x/y/z', 'x/y', 'x']) {
    assert.equal((await raw(running, { target: `/${BUCKET}/${key}` })).text, key);
  }
  await running.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a' }));
  const { Contents } = await running.client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  assert.deepEqual(
    Contents?.map(({ Key }) => Key),
    ['a/b', 'a/b/c', 'x', 'x/y', 'x/y/z'],
  );
});

test('replaces an empty folder by a file of its name', async (t) => {
  const running = await startS3(t);
  const target = `/${BUCKET}/photos`;
  await raw(running, { method: 'PUT', target: `${target}/2026/a.jpg`, body: 'a' });
  await raw(running, { method: 'DELETE', target: `${target}/2026/a.jpg` });
  await raw(running, { method: 'PUT', target, body: 'file' });
  assert.ok(statSync(join(running.dataDir, BUCKET, 'objects/photos')).isFile());
});

test('stores ordinary keys at their own paths; no two keys share one', () => {
  for (const key of ['image.jpg', 'photos/2026/Été 1 (copy).jpg', '.hidden', '...', 'a:b?c*']) {
    assert.equal(readablePath(key, 'linux'), key);
  }
  const paths = ODD_KEYS.map((key) => readablePath(key, 'linux') ?? hashedPath(key));
  assert.equal(new Set(paths).size, ODD_KEYS.length);
  for (const path of paths) {
    assert.ok(!path.split('/').some((name) => ['', '.', '..'].includes(name)), path);
  }
});

test('does not store an object over a file that another key or program has', async (t) => {
  const running = await startS3(t);
  const file = join(running.dataDir, BUCKET, 'objects/Report.txt');
  // On macOS and Windows, this is also the path of the key report.txt.
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, 'the other');
  const target = `/${BUCKET}/Report.txt`;
  for (const body of ['first', 'second']) {
    assert.equal((await raw(running, { method: 'PUT', target, body })).status, 200);
    assert.equal((await raw(running, { target })).text, body);
  }
  await raw(running, { method: 'DELETE', target });
  assert.equal(readFileSync(file, 'utf8'), 'the other');
});

test('stores keys by their hash that Windows cannot store by name', () => {
  for (const name of [
    'nul',
    'Con.txt',
    'com1',
    'a:b',
    'a?',
    '"x"',
    'trailing.',
    'space ',
    'a|b',
    'LPT¹.log',
  ]) {
    assert.equal(readablePath(`photos/${name}/x`, 'win32'), undefined, name);
    assert.equal(readablePath(`photos/${name}/x`, 'linux'), `photos/${name}/x`);
  }
  for (const name of ['null', 'console.log', '.hidden', 'com10', 'a.b']) {
    assert.equal(readablePath(name, 'win32'), name);
  }
});

test('limits a key to 1,024 bytes of UTF-8', async (t) => {
  const running = await startS3(t);
  for (const key of ['x'.repeat(1025), '%C3%A9'.repeat(513)]) {
    const put = await raw(running, { method: 'PUT', target: `/${BUCKET}/${key}`, body: '' });
    assert.deepEqual([put.status, put.code], [400, 'KeyTooLongError']);
  }
  for (const bad of ['%ff', '%c3%28', '%ed%a0%80', '%zz', 'a%']) {
    const put = await raw(running, {
      method: 'PUT',
      target: `/${BUCKET}/${bad}`,
      body: '',
      payloadHash: undefined,
    });
    assert.deepEqual([put.status, put.code], [400, 'InvalidURI'], bad);
  }
});

test('recreates a folder of objects that was deleted by hand', async (t) => {
  const running = await startS3(t);
  const put = (key: string) =>
    raw(running, { method: 'PUT', target: `/${BUCKET}/${key}`, body: `is ${key}` });
  assert.equal((await put('photos/one')).status, 200);
  rmSync(join(running.dataDir, BUCKET, 'objects/photos'), { recursive: true });
  assert.equal((await put('photos/two')).status, 200);
  assert.equal((await raw(running, { target: `/${BUCKET}/photos/two` })).text, 'is photos/two');
  assert.deepEqual(running.defects, []);
});

test('keeps what is recorded of a key whose file can be neither replaced nor deleted', async (t) => {
  const running = await startS3(t);
  const target = `/${BUCKET}/report.txt`;
  const file = join(running.dataDir, BUCKET, 'objects/report.txt');
  await raw(running, { method: 'PUT', target, body: 'first' });
  const { etag } = (await raw(running, { method: 'HEAD', target })).headers;
  rmSync(file);
  mkdirSync(join(file, 'not empty'), { recursive: true });
  assert.equal((await raw(running, { method: 'PUT', target, body: 'second' })).status, 500);
  assert.equal((await raw(running, { method: 'DELETE', target })).status, 500);
  assert.equal(running.defects.length, 2);
  for (const one of [running, await startS3(t, { dataDir: running.dataDir })]) {
    assert.equal((await raw(one, { method: 'HEAD', target })).headers.etag, etag);
  }
  rmSync(file, { recursive: true });
  writeFileSync(file, 'first');
  const after = await startS3(t, { dataDir: running.dataDir });
  assert.equal((await raw(after, { target })).text, 'first');
  assert.equal((await raw(after, { method: 'PUT', target, body: 'third' })).status, 200);
  assert.equal((await raw(after, { target })).text, 'third');
});

test('finds the bucket in the host, too', async (t) => {
  const running = await startS3(t);
  const host = `${BUCKET}.localhost:${running.port}`;
  const ask = (method: string, target: string, body?: string) =>
    raw(running, { method, target, headers: { host }, ...(body !== undefined && { body }) });
  assert.equal((await ask('PUT', '/a/b%20c', 'x')).status, 200);
  assert.equal((await ask('GET', '/a/b%20c')).text, 'x');
  assert.equal((await raw(running, { target: `/${BUCKET}/a/b%20c` })).text, 'x');
  assert.match((await ask('GET', '/?list-type=2')).text, /<Key>a\/b c<\/Key>/);
  const service = { host: `s3.localhost:${running.port}` };
  assert.equal((await raw(running, { target: `/${BUCKET}/a/b%20c`, headers: service })).text, 'x');
  const other = { host: `other-bucket.localhost:${running.port}` };
  assert.equal((await raw(running, { target: `/${BUCKET}/a/b%20c`, headers: other })).code, 'NoSuchBucket');
});
