import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { crc32 } from 'node:zlib';
import type { ErrorCode } from '../../../../cli/errors.ts';
import { operatorClients } from '../../../../cli/network/aws.ts';
import { createSentCredentials } from '../../../../cli/sent-credentials.ts';
import { fileError } from '../../../../cli/settings/disk-errors.ts';
import { fetchObject } from '../../../../cli/stack/download/fetch-object.ts';
import { fileNameOf, openTarget, targetPath } from '../../../../cli/stack/download/target-file.ts';
import { crc32Bytes } from '../../../../cli/transfer/integrity.ts';
import { encodeKey } from '../../../../protocol/object-url.ts';
import { BUCKET, raw, startS3 } from '../../../local/s3/support.ts';
import { testContext } from '../../../support/context.ts';
import { listen } from '../../../support/serve.ts';
import { withCode } from '../../transfer/helpers/uploading.ts';
import { workAt } from '../world.ts';

const BYTES = randomBytes(300_000);
const CRC = crc32Bytes(crc32(BYTES)).toString('base64');
const ETAG = '"0123456789abcdef0123456789abcdef-2"';

interface Reply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body: Uint8Array;
  /** Bytes after which the connection is cut. */
  readonly cutAt?: number;
}

/** A bucket with one object. The test sets the response to each request. */
async function store(t: TestContext, reply: (headers: IncomingHttpHeaders, asked: number) => Reply) {
  const requests: IncomingHttpHeaders[] = [];
  const endpoint = await listen(t, (request, response) => {
    requests.push(request.headers);
    const { status = 200, headers = {}, body, cutAt } = reply(request.headers, requests.length);
    response.writeHead(status, {
      'content-length': body.length,
      'x-amz-request-id': 'R',
      etag: ETAG,
      ...headers,
    });
    if (cutAt === undefined) response.end(body);
    else response.write(body.subarray(0, cutAt), () => response.destroy());
  });
  return { requests, ...(await reader(t, endpoint)) };
}

/** Starts a download from a store. */
async function reader(t: TestContext, endpoint: string) {
  const context = testContext({ env: {} });
  const env = { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  const clients = await operatorClients(
    { env, sent: createSentCredentials(), home: '/', execPath: process.execPath },
    {},
  );
  t.after(() => clients.close());
  const received: Uint8Array[] = [];
  return {
    bytes: () => Buffer.concat(received),
    fetch: (
      write = async (chunk: Uint8Array) => {
        received.push(Uint8Array.from(chunk));
      },
    ) => fetchObject({ context, clients, stackName: 's' }, { bucket: 'b', key: 'k' }, write),
  };
}

test('compares downloaded bytes with the checksum of S3', async (t) => {
  const md5 = createHash('md5').update(BYTES).digest('hex');
  for (const [name, headers, verified] of [
    ['CRC-32', { 'x-amz-checksum-crc32': CRC }, 'CRC-32'],
    ['the MD5 of an ETag', { etag: `"${md5}"` }, 'MD5'],
    ['a checksum of parts is none of the whole', { 'x-amz-checksum-crc32': `${CRC}-2` }, undefined],
    ['an ETag of KMS is no MD5', { etag: `"${md5}"`, 'x-amz-server-side-encryption': 'aws:kms' }, undefined],
  ] as const) {
    await t.test(name, async (t) => {
      const bucket = await store(t, () => ({ body: BYTES, headers }));
      const { bytes, verified: by } = await bucket.fetch();
      assert.deepEqual([bytes, by], [BYTES.length, verified]);
      assert.ok(bucket.bytes().equals(BYTES));
    });
  }
  await t.test('refuses bytes that differ', async (t) => {
    const other = Buffer.from(BYTES);
    other[7] = (other[7] ?? 0) ^ 1;
    for (const headers of [{ 'x-amz-checksum-crc32': CRC }, { etag: `"${md5}"` }]) {
      const bucket = await store(t, () => ({ body: other, headers: headers as Record<string, string> }));
      await assert.rejects(bucket.fetch(), withCode('bytes_differ', /are not those that S3 stored/, /again/));
    }
  });
});

test('names the lengths if the first response announced more bytes than S3 has', async (t) => {
  const bucket = await store(t, ({ range }) =>
    range === undefined
      ? { body: BYTES, headers: { 'content-length': `${BYTES.length + 10}` }, cutAt: BYTES.length }
      : {
          status: 416,
          headers: { 'content-type': 'application/xml' },
          body: Buffer.from('<Error><Code>InvalidRange</Code><Message>Not satisfiable</Message></Error>'),
        },
  );
  const text = /The length of k changed: the first response announced 300010 bytes, and S3 has 300000\./;
  await assert.rejects(bucket.fetch(), withCode('bytes_differ', text, /again/));
});

test('refuses a response that S3 never sends', async (t) => {
  const page = { headers: { 'x-amz-request-id': '' }, body: Buffer.from('<html>Sign in</html>') };
  for (const [reply, code, message] of [
    [{ headers: { etag: '' }, body: Buffer.alloc(0) }, 'aws', /Downloading k failed: unexpected response/],
    [page, 'unreachable', /its response is not from AWS/],
  ] as const) {
    const { fetch, bytes } = await store(t, () => reply);
    await assert.rejects(fetch(), withCode(code, message));
    assert.equal(bytes().length, 0);
  }
});

test('closes the connection of a response that it refuses', async (t) => {
  const cases: readonly (readonly [Record<string, string>, ErrorCode])[] = [
    [{ etag: ETAG }, 'unreachable'],
    [{ etag: ETAG, 'x-amz-request-id': 'R', 'x-amz-checksum-crc32': CRC }, 'aws'],
  ];
  for (const [headers, code] of cases) {
    let onClosed = () => {};
    const closed = new Promise<void>((resolve) => {
      onClosed = resolve;
    });
    const endpoint = await listen(t, (_, response) => {
      response.writeHead(200, headers).write('<html>');
      response.once('close', onClosed);
    });
    const { fetch } = await reader(t, endpoint);
    await assert.rejects(fetch(), withCode(code, /response (is not|from S3)/));
    await closed;
  }
});

test('does not write an endless response to the disk', async (t) => {
  const endpoint = await listen(t, ({ headers: { range } }, response) => {
    if (range === undefined) {
      response.writeHead(200, { 'content-length': BYTES.length, 'x-amz-request-id': 'R', etag: ETAG });
      response.write(BYTES.subarray(0, 1000), () => response.destroy());
      return;
    }
    response.writeHead(206, { 'x-amz-request-id': 'R', etag: ETAG });
    const more = () => {
      while (!response.destroyed && response.write(BYTES));
      response.once('drain', more);
    };
    more();
  });
  const { fetch, bytes } = await reader(t, endpoint);
  await assert.rejects(fetch(), withCode('bytes_differ', /are not those that S3 stored/, /again/));
  assert.ok(bytes().length <= BYTES.length);
});

test('resumes a broken download at its position, for the same object only', async (t) => {
  const bucket = await store(t, ({ range }, asked) => {
    const from = Number(/^bytes=(\d+)-$/.exec(String(range))?.[1] ?? 0);
    const headers = { 'x-amz-checksum-crc32': CRC };
    if (asked < 4) return { body: BYTES.subarray(from), cutAt: 70_000, headers };
    return { status: 206, body: BYTES.subarray(from), headers: {} };
  });
  assert.equal((await bucket.fetch()).verified, 'CRC-32');
  assert.ok(bucket.bytes().equals(BYTES));
  assert.ok(bucket.requests.slice(1).every((headers) => headers['if-match'] === ETAG));
});

test('ends a download with the disk’s reason if the file cannot be written', async (t) => {
  const full = Object.assign(new Error(), { code: 'ENOSPC', syscall: 'write' });
  const bucket = await store(t, () => ({ body: BYTES }));
  const write = () => Promise.reject(fileError('k', full));
  await assert.rejects(bucket.fetch(write), withCode('disk', /no space left/, /./));
  assert.equal(bucket.requests.length, 1);
});

test('explains refusals of S3', async (t) => {
  for (const [status, code, expected, hint] of [
    [404, 'NoSuchKey', 'file_missing', /edge-upload ls/],
    [404, 'NoSuchBucket', 'stack_failed', /\n +edge-upload deploy --bucket-name/],
    [403, 'AccessDenied', 'access_denied', /s3:GetObject/],
    [403, 'InvalidObjectState', 'file_unreadable', /\n +aws s3api restore-object/],
    [412, 'PreconditionFailed', 'file_changed', /again/],
  ] as const) {
    const body = Buffer.from(`<Error><Code>${code}</Code><Message>no</Message></Error>`);
    const bucket = await store(t, () => ({ status, body, headers: { 'content-type': 'application/xml' } }));
    await assert.rejects(bucket.fetch(), withCode(expected, /./, hint));
  }
});

test('requests keys that look like paths unchanged', async (t) => {
  const running = await startS3(t);
  const { work } = await workAt(t, running.endpoint);
  for (const key of ['../up', 'a/../b', 'a/./b', 'a//b', '/a', '..', 'a?b#c', '%2e%2e/a']) {
    const target = `/${BUCKET}/${encodeKey(key)}`;
    assert.equal((await raw(running, { method: 'PUT', target, body: key })).status, 200, key);
    const received: Uint8Array[] = [];
    const write = async (chunk: Uint8Array) => void received.push(Uint8Array.from(chunk));
    await fetchObject(work, { bucket: BUCKET, key }, write);
    assert.equal(Buffer.concat(received).toString(), key);
  }
});

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'edge-upload-get-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

test('takes the file name from a key, never a folder', () => {
  const name = (key: string, platform: NodeJS.Platform = 'linux') => fileNameOf(key, platform);
  assert.equal(name('a/b/report.pdf'), 'report.pdf');
  assert.equal(name('../../etc/passwd'), 'passwd');
  assert.equal(name('a\\b'), 'a\\b');
  assert.equal(name('-rf'), '-rf');
  const refused = withCode('usage', /does not end with a file name/, /--as/);
  for (const key of ['', 'folder/', 'a/..', '..', '.', 'a/\u0000b', 'line\nbreak', 'esc\u001b[2J']) {
    assert.throws(() => name(key), refused, JSON.stringify(key));
  }
  for (const key of ['a\\..\\b', 'C:x', 'nul', 'CON.txt', 'com¹', 'dot.', 'what?']) {
    assert.throws(() => name(key, 'win32'), refused, key);
  }
});

test('replaces files only on request, even those that appear during the download', async (t) => {
  const cwd = await folder(t);
  const common = { cwd, platform: process.platform, force: false };
  await writeFile(join(cwd, 'there'), 'old');
  await symlink('/nowhere', join(cwd, 'dangling'));
  for (const key of ['there', 'x/dangling']) {
    await assert.rejects(targetPath(key, common), withCode('exists', /already exists/, /--force/));
    assert.equal(await targetPath(key, { ...common, force: true }), join(cwd, key.replace('x/', '')));
  }
  assert.equal(await targetPath('a/b', { ...common, as: '.' }), join(cwd, 'b'), 'into a folder');
  await assert.rejects(
    targetPath('b', { ...common, as: '/dev/null', force: true }),
    withCode('file_special', /./, /-/),
  );
  const long = 'x'.repeat(300);
  await assert.rejects(targetPath(long, common), withCode('disk', /name is longer/, /--as <path>/));
  await assert.rejects(
    openTarget(join(cwd, 'no', 'b'), { force: false }),
    withCode('disk', /The folder .*no does not exist/, /mkdir -p .*no$/),
  );

  const path = join(cwd, 'new');
  const file = await openTarget(path, { force: false });
  await file.write(Buffer.from('new'));
  await writeFile(path, 'somebody else');
  await assert.rejects(file.finish(), withCode('exists', /already exists/, /--force/));
  await file.discard();
  assert.equal(await readFile(path, 'utf8'), 'somebody else');
  const forced = await openTarget(path, { force: true });
  await forced.write(Buffer.from('ne'));
  await forced.write(Buffer.from('w'));
  await forced.finish();
  assert.equal(await readFile(path, 'utf8'), 'new');
  assert.deepEqual((await readdir(cwd)).sort(), ['dangling', 'new', 'there'], 'nothing is left beside');
});
