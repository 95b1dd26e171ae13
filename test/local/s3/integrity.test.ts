import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { HeadObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { sha256 } from '../../../local/auth/canonical.ts';
import { authenticate, sign } from '../../../local/auth/sigv4.ts';
import { omitUndefined } from '../../../protocol/fields.ts';
import { s3Signing } from '../../support/s3-signature.ts';
import { BUCKET, type Running, raw, startS3 } from './support.ts';

const BODY = 'hello, edge';
const TARGET = `/${BUCKET}/k`;

function base64(algorithm: string, data: string): string {
  return createHash(algorithm).update(data).digest('base64');
}

function crc32Base64(data: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(data));
  return bytes.toString('base64');
}

async function isEmpty({ client, dataDir }: Running): Promise<void> {
  const { KeyCount } = await client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  assert.equal(KeyCount, 0);
  assert.deepEqual(readdirSync(join(dataDir, BUCKET, 'incoming')), []);
}

test('accepts and echoes known values of each checksum', async (t) => {
  const running = await startS3(t);
  // CRC check values of "123456789" from the catalogue of parametrised CRC algorithms.
  const check = '123456789';
  const values: [name: string, value: string][] = [
    ['crc32', Buffer.from('cbf43926', 'hex').toString('base64')],
    ['crc32c', Buffer.from('e3069283', 'hex').toString('base64')],
    ['crc64nvme', Buffer.from('ae8b14860a799888', 'hex').toString('base64')],
    ['sha1', base64('sha1', check)],
    ['sha256', base64('sha256', check)],
  ];
  for (const [name, value] of values) {
    const header = `x-amz-checksum-${name}`;
    const put = await raw(running, {
      method: 'PUT',
      target: TARGET,
      body: check,
      headers: { [header]: value },
    });
    assert.equal(put.status, 200, put.text);
    assert.equal(put.headers[header], value);
    const wrong = await raw(running, {
      method: 'PUT',
      target: TARGET,
      body: '123456780',
      headers: { [header]: value },
    });
    assert.equal(wrong.code, 'BadDigest', name);
  }
});

test('computes a CRC64NVME without a checksum of the client', async (t) => {
  const running = await startS3(t);
  const put = await raw(running, { method: 'PUT', target: TARGET, body: '123456789' });
  assert.equal(
    put.headers['x-amz-checksum-crc64nvme'],
    Buffer.from('ae8b14860a799888', 'hex').toString('base64'),
  );
  assert.equal(put.headers['x-amz-checksum-type'], 'FULL_OBJECT');
});

test('computes checksums for every length around a block', async (t) => {
  const { client } = await startS3(t);
  for (const length of [1, 15, 16, 17, 1_048_575, 1_048_576, 1_048_577, 2_097_152]) {
    const Body = Buffer.alloc(length, 'edge');
    for (const ChecksumAlgorithm of ['CRC32C', 'CRC64NVME'] as const) {
      const { ETag } = await client.send(
        new PutObjectCommand({ Bucket: BUCKET, Key: 'k', Body, ChecksumAlgorithm }),
      );
      assert.equal(ETag, `"${createHash('md5').update(Body).digest('hex')}"`);
    }
  }
});

test('does not store a body that differs from its checksum or length', async (t) => {
  const running = await startS3(t);
  const put = (headers: Record<string, string>, payloadHash = 'UNSIGNED-PAYLOAD') =>
    raw(running, { method: 'PUT', target: TARGET, body: BODY, headers, payloadHash });
  const refusals: [answer: Promise<{ code: string }>, code: string][] = [
    [put({ 'content-md5': base64('md5', 'other') }), 'BadDigest'],
    [put({ 'content-md5': 'bm8=' }), 'InvalidDigest'],
    [put({}, sha256('other')), 'XAmzContentSHA256Mismatch'],
    [put({ 'x-amz-checksum-crc32': crc32Base64('other') }), 'BadDigest'],
    [put({ 'x-amz-checksum-crc32': 'bm8=' }), 'InvalidRequest'],
    [
      put({ 'x-amz-checksum-crc32': crc32Base64(BODY), 'x-amz-checksum-sha1': base64('sha1', BODY) }),
      'InvalidRequest',
    ],
    [put({ 'x-amz-sdk-checksum-algorithm': 'CRC32' }), 'InvalidRequest'],
    [put({ 'x-amz-checksum-md5': base64('md5', BODY) }), 'NotImplemented'],
  ];
  for (const [answer, code] of refusals) assert.equal((await answer).code, code);
  await isEmpty(running);
  const stored = await put({ 'content-md5': base64('md5', BODY) }, sha256(BODY));
  assert.equal(stored.status, 200, stored.text);
});

test('requires the length of a body, within 5 GiB', async (t) => {
  const running = await startS3(t);
  const put = (headers: Record<string, string>, body?: string) =>
    raw(running, { method: 'PUT', target: TARGET, headers, ...omitUndefined({ body }) });
  const missing = await put({});
  assert.deepEqual([missing.status, missing.code], [411, 'MissingContentLength']);
  const large = await put({ 'content-length': String(5 * 1024 ** 3 + 1) }, 'x');
  assert.deepEqual([large.status, large.code], [400, 'EntityTooLarge']);
  const chunked = await put({ 'transfer-encoding': 'chunked' }, '1\r\nx\r\n0\r\n\r\n');
  assert.deepEqual([chunked.status, chunked.code], [501, 'NotImplemented']);
  await isEmpty(running);
});

test('stores nothing after a broken connection', async (t) => {
  const running = await startS3(t);
  await isEmpty(running);
  const headers = { host: `127.0.0.1:${running.port}` };
  const signed = sign({ method: 'PUT', path: TARGET, query: '', headers }, s3Signing());
  const lines = Object.entries({ ...headers, ...signed, 'content-length': '5000000' });
  const socket = connect(running.port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.write(
    `PUT ${TARGET} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
  );
  socket.write(Buffer.alloc(2_500_000));
  const underWay = () => readdirSync(join(running.dataDir, BUCKET, 'incoming')).length;
  while (underWay() === 0) await setImmediate();
  socket.destroy();
  while (underWay() > 0) await setImmediate();
  await isEmpty(running);
  assert.deepEqual(running.defects, []);
});

type Tamper = (chunks: string[]) => string[];

/** A PUT whose body is framed and signed chunk by chunk, with CRC32 in the trailer. */
async function putChunks(running: Running, tamper: Tamper = (chunks) => chunks, length = BODY.length) {
  const host = `127.0.0.1:${running.port}`;
  const payloadHash = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER';
  const headers = {
    host,
    'content-encoding': 'gzip,aws-chunked',
    'x-amz-decoded-content-length': String(length),
    'x-amz-trailer': 'x-amz-checksum-crc32',
  };
  const now = new Date();
  const options = {
    accessKeyId: 'test',
    secret: 'test',
    service: 's3',
    region: 'us-east-1',
    now,
    payloadHash,
  };
  const signed = sign({ method: 'PUT', path: TARGET, query: '', headers }, options);
  const { chunkSigner } = authenticate(
    { method: 'PUT', path: TARGET, query: '', headers: { ...headers, ...signed }, body: Readable.from([]) },
    { service: 's3', identities: running.identities, now },
  );
  assert.ok(chunkSigner);
  const chunk = (data: string) =>
    `${data.length.toString(16)};chunk-signature=${chunkSigner.chunk(sha256(data))}\r\n`;
  const trailer = `x-amz-checksum-crc32:${crc32Base64(BODY)}`;
  const chunks = [
    `${chunk(BODY.slice(0, 4))}${BODY.slice(0, 4)}\r\n`,
    `${chunk(BODY.slice(4))}${BODY.slice(4)}\r\n`,
    chunk(''),
    `${trailer}\r\n`,
    `x-amz-trailer-signature:${chunkSigner.trailer(sha256(`${trailer}\n`))}\r\n\r\n`,
  ];
  const body = tamper(chunks).join('');
  return raw(running, {
    method: 'PUT',
    target: TARGET,
    body,
    payloadHash: undefined,
    headers: { ...headers, ...signed },
  });
}

test('stores signed chunks without their framing', async (t) => {
  const running = await startS3(t);
  const put = await putChunks(running);
  assert.equal(put.status, 200, put.text);
  assert.equal(put.headers['x-amz-checksum-crc32'], crc32Base64(BODY));
  const head = await running.client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'k' }));
  assert.deepEqual([head.ContentLength, head.ContentEncoding], [BODY.length, 'gzip']);
});

test('refuses a changed, cut, reordered or repeated chunk', async (t) => {
  const running = await startS3(t);
  const at = (index: number, change: (chunk: string) => string): Tamper => {
    return (chunks) => chunks.map((chunk, position) => (position === index ? change(chunk) : chunk));
  };
  const refusals: [why: string, tamper: Tamper, code: string][] = [
    ['data', at(0, (chunk) => chunk.replace('hell', 'help')), 'SignatureDoesNotMatch'],
    [
      'signature',
      at(1, (chunk) => chunk.replace(/signature=(.)/, (_all, digit) => `signature=${digit === '0' ? 1 : 0}`)),
      'SignatureDoesNotMatch',
    ],
    ['no signature', at(0, (chunk) => chunk.replace(/;chunk-signature=\w+/, '')), 'SignatureDoesNotMatch'],
    ['order', ([a = '', b = '', ...rest]) => [b, a, ...rest], 'SignatureDoesNotMatch'],
    ['twice', ([a = '', ...rest]) => [a, a, ...rest], 'SignatureDoesNotMatch'],
    ['last chunk', (chunks) => chunks.slice(0, 2), 'IncompleteBody'],
    ['size', at(0, (chunk) => chunk.replace(/^4/, '5')), 'SignatureDoesNotMatch'],
    ['trailer', at(3, (chunk) => chunk.replace('crc32:', 'crc32:AAAA')), 'SignatureDoesNotMatch'],
    ['no trailer', at(3, () => ''), 'SignatureDoesNotMatch'],
    ['trailer signature', at(4, () => '\r\n'), 'SignatureDoesNotMatch'],
    ['more', at(4, (chunk) => `${chunk}more`), 'IncompleteBody'],
    ['no frame', () => [BODY], 'IncompleteBody'],
  ];
  for (const [why, tamper, code] of refusals)
    assert.equal((await putChunks(running, tamper)).code, code, why);
  assert.equal((await putChunks(running, undefined, BODY.length - 1)).code, 'IncompleteBody');
  assert.equal((await putChunks(running, undefined, BODY.length + 1)).code, 'IncompleteBody');
  await isEmpty(running);
});

test('requires the announced checksum in an unsigned trailer', async (t) => {
  const running = await startS3(t);
  const put = (
    trailer: string,
    headers: Record<string, string> = { 'x-amz-trailer': 'x-amz-checksum-crc32' },
  ) =>
    raw(running, {
      method: 'PUT',
      target: TARGET,
      payloadHash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      headers: { 'x-amz-decoded-content-length': '11', ...headers },
      body: `b\r\n${BODY}\r\n0\r\n${trailer}\r\n`,
    });
  const right = `x-amz-checksum-crc32:${crc32Base64(BODY)}\r\n`;
  for (const trailer of [
    '',
    'garbage\r\n',
    `${right}x-amz-checksum-sha1:x\r\n`,
    'x-amz-checksum-sha1:x\r\n',
  ]) {
    assert.equal((await put(trailer)).code, 'MalformedTrailerError', trailer);
  }
  assert.equal((await put(right, {})).code, 'MalformedTrailerError');
  assert.equal((await put('x-amz-checksum-crc32:x\r\n')).code, 'InvalidRequest');
  const [name, value = ''] = ['x-amz-checksum-crc32', crc32Base64(BODY)];
  for (const headers of [{ 'x-amz-trailer': 'x-amz-meta-a' }, { 'x-amz-trailer': name, [name]: value }]) {
    assert.equal((await put(right, headers)).code, 'InvalidRequest', Object.keys(headers).join());
  }
  assert.equal((await put(`x-amz-checksum-crc32:${crc32Base64('other')}\r\n`)).code, 'BadDigest');
  await isEmpty(running);
  assert.equal((await put(right)).status, 200);
  assert.equal((await put('', {})).status, 200);
});
