import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import {
  AbortMultipartUploadCommand,
  type ChecksumAlgorithm,
  type ChecksumType,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { BUCKET, type Running, raw, startS3 } from './support.ts';

const MIB = 1024 * 1024;
const KEY = 'big/file.bin';
const named = { Bucket: BUCKET, Key: KEY };
const [FIRST, SECOND] = [randomBytes(5 * MIB), randomBytes(1000)];

function md5(data: Buffer): Buffer {
  return createHash('md5').update(data).digest();
}

async function create({ client }: Running, options: object = {}): Promise<string> {
  const { UploadId = '' } = await client.send(new CreateMultipartUploadCommand({ ...named, ...options }));
  return UploadId;
}

async function upload(
  { client }: Running,
  UploadId: string,
  PartNumber: number,
  Body: Buffer,
  options: object = {},
): Promise<CompletedPart> {
  const { $metadata, ServerSideEncryption, ...part } = await client.send(
    new UploadPartCommand({ ...named, UploadId, PartNumber, Body, ...options }),
  );
  return { ...part, PartNumber };
}

function complete({ client }: Running, UploadId: string, Parts: CompletedPart[], options: object = {}) {
  return client.send(
    new CompleteMultipartUploadCommand({ ...named, UploadId, MultipartUpload: { Parts }, ...options }),
  );
}

test('joins parts by number into one object, and ends the upload', async (t) => {
  const running = await startS3(t);
  const uploadId = await create(running, { ContentType: 'video/mp4', Metadata: { a: 'b' } });
  const second = await upload(running, uploadId, 7, SECOND);
  await upload(running, uploadId, 2, SECOND);
  const first = await upload(running, uploadId, 2, FIRST);
  const listed = await running.client.send(new ListPartsCommand({ ...named, UploadId: uploadId }));
  assert.deepEqual(
    listed.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size]),
    [
      [2, FIRST.length],
      [7, SECOND.length],
    ],
  );
  const done = await complete(running, uploadId, [first, second]);
  const digest = md5(Buffer.concat([md5(FIRST), md5(SECOND)])).toString('hex');
  assert.equal(done.ETag, `"${digest}-2"`);
  assert.deepEqual(
    readFileSync(join(running.dataDir, BUCKET, 'objects', KEY)),
    Buffer.concat([FIRST, SECOND]),
  );
  const head = await running.client.send(new HeadObjectCommand(named));
  assert.equal(head.ContentType, 'video/mp4');
  assert.deepEqual(head.Metadata, { a: 'b' });
  assert.deepEqual(readdirSync(join(running.dataDir, BUCKET, 'uploads')), []);
  assert.deepEqual(readdirSync(join(running.dataDir, BUCKET, 'incoming')), []);
  await assert.rejects(upload(running, uploadId, 7, SECOND), { name: 'NoSuchUpload' });
});

const ALGORITHMS: [ChecksumAlgorithm, ChecksumType][] = [
  ['CRC32', 'COMPOSITE'],
  ['CRC32', 'FULL_OBJECT'],
  ['CRC32C', 'COMPOSITE'],
  ['CRC32C', 'FULL_OBJECT'],
  ['CRC64NVME', 'FULL_OBJECT'],
  ['SHA1', 'COMPOSITE'],
  ['SHA256', 'COMPOSITE'],
];

for (const [ChecksumAlgorithm, ChecksumType] of ALGORITHMS) {
  test(`computes the ${ChecksumType} ${ChecksumAlgorithm} of parts as of one PUT`, async (t) => {
    const running = await startS3(t);
    const field = `Checksum${ChecksumAlgorithm}` as const;
    const uploadId = await create(running, { ChecksumAlgorithm, ChecksumType });
    const first = await upload(running, uploadId, 1, FIRST, { ChecksumAlgorithm });
    const second = await upload(running, uploadId, 2, SECOND, { ChecksumAlgorithm });
    const done = await complete(running, uploadId, [first, second]);
    assert.equal(done.ChecksumType, ChecksumType);
    const value = Reflect.get(done, field);
    const parts = [first, second].map((part) => Buffer.from(Reflect.get(part, field) ?? '', 'base64'));
    const whole = ChecksumType === 'COMPOSITE' ? Buffer.concat(parts) : Buffer.concat([FIRST, SECOND]);
    const expected = await running.client.send(
      new PutObjectCommand({ Bucket: BUCKET, Key: 'at-once', Body: whole, ChecksumAlgorithm }),
    );
    const suffix = ChecksumType === 'COMPOSITE' ? '-2' : '';
    assert.equal(value, `${Reflect.get(expected, field)}${suffix}`);
    const head = await running.client.send(new HeadObjectCommand({ ...named, ChecksumMode: 'ENABLED' }));
    assert.equal(Reflect.get(head, field), value);
  });
}

test('accepts any checksums without an algorithm, and computes a CRC64NVME', async (t) => {
  const running = await startS3(t);
  const uploadId = await create(running, { ChecksumAlgorithm: undefined });
  const part = await upload(running, uploadId, 1, SECOND, { ChecksumAlgorithm: 'SHA256' });
  const done = await complete(running, uploadId, [part]);
  const { ChecksumCRC64NVME } = await running.client.send(
    new PutObjectCommand({ Bucket: BUCKET, Key: 'x', Body: SECOND, ChecksumAlgorithm: 'CRC64NVME' }),
  );
  assert.deepEqual([done.ChecksumCRC64NVME, done.ChecksumType], [ChecksumCRC64NVME, 'FULL_OBJECT']);
});

test('refuses an invalid Complete, and keeps the upload', async (t) => {
  const running = await startS3(t);
  const uploadId = await create(running, { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
  const small = await upload(running, uploadId, 1, SECOND);
  const last = await upload(running, uploadId, 2, SECOND);
  const refused = (parts: CompletedPart[], options: object = {}) =>
    complete(running, uploadId, parts, options);
  await assert.rejects(refused([last, small]), { name: 'InvalidPartOrder' });
  await assert.rejects(refused([small, small]), { name: 'InvalidPartOrder' });
  await assert.rejects(refused([small, last]), { name: 'EntityTooSmall' });
  // Parts with checksums are numbered without gaps from 1.
  await assert.rejects(refused([last]), { name: 'InvalidPartOrder' });
  await assert.rejects(refused([{ ...small, PartNumber: 0 }]), { name: 'InvalidArgument' });
  await assert.rejects(refused([{ ...last, ETag: '"00"' }]), { name: 'InvalidPart' });
  await assert.rejects(refused([{ ...last, PartNumber: 3 }]), { name: 'InvalidPart' });
  await assert.rejects(refused([{ ...last, ChecksumCRC32: 'AAAAAA==' }]), { name: 'InvalidPart' });
  await assert.rejects(refused([small], { MpuObjectSize: 999 }), { name: 'InvalidRequest' });
  await assert.rejects(refused([small], { ChecksumCRC32: 'AAAAAA==' }), { name: 'BadDigest' });
  await assert.rejects(refused([small], { ChecksumSHA256: 'A'.repeat(43).concat('=') }), {
    name: 'InvalidRequest',
  });
  await assert.rejects(refused([small], { ChecksumType: 'COMPOSITE' }), { name: 'InvalidRequest' });
  const { KeyCount } = await running.client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  assert.equal(KeyCount, 0);
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32(SECOND));
  const proof = { ChecksumCRC32: crc.toString('base64'), MpuObjectSize: SECOND.length };
  assert.equal((await refused([small], proof)).ChecksumCRC32, proof.ChecksumCRC32);
});

test('requires the upload’s checksum algorithm in parts', async (t) => {
  const running = await startS3(t);
  const composite = await create(running, { ChecksumAlgorithm: 'SHA256' });
  const mismatch = {
    name: 'InvalidRequest',
    message: /expected checksum Type: sha256, actual checksum Type: crc32/,
  };
  await assert.rejects(upload(running, composite, 1, SECOND), mismatch);
  const part = await upload(running, composite, 1, SECOND, { ChecksumAlgorithm: 'SHA256' });
  const { ChecksumSHA256, ...bare } = part;
  await assert.rejects(complete(running, composite, [bare]), {
    name: 'InvalidRequest',
    message: /must include the checksum for each part/,
  });
  await assert.rejects(create(running, { ChecksumAlgorithm: 'SHA256', ChecksumType: 'FULL_OBJECT' }), {
    name: 'InvalidRequest',
  });
  await assert.rejects(create(running, { ChecksumAlgorithm: 'CRC64NVME', ChecksumType: 'COMPOSITE' }), {
    name: 'InvalidRequest',
  });
});

test('deletes an aborted upload with its parts', async (t) => {
  const running = await startS3(t);
  const UploadId = await create(running);
  await upload(running, UploadId, 1, SECOND);
  await running.client.send(new AbortMultipartUploadCommand({ ...named, UploadId }));
  assert.deepEqual(readdirSync(join(running.dataDir, BUCKET, 'uploads')), []);
  const gone = { name: 'NoSuchUpload' };
  await assert.rejects(upload(running, UploadId, 2, SECOND), gone);
  await assert.rejects(running.client.send(new ListPartsCommand({ ...named, UploadId })), gone);
  await assert.rejects(running.client.send(new AbortMultipartUploadCommand({ ...named, UploadId })), gone);
});

test('accepts an upload ID for its own key only, never as a path', async (t) => {
  const running = await startS3(t);
  const uploadId = await create(running);
  for (const target of [`/${BUCKET}/other?uploadId=${uploadId}`, `/${BUCKET}/${KEY}?uploadId=..%2F..%2F`]) {
    assert.equal((await raw(running, { target })).code, 'NoSuchUpload');
  }
});

test('lists unfinished uploads by key, page by page', async (t) => {
  const { client } = await startS3(t);
  for (const Key of ['b', 'a', 'c', 'b'])
    await client.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key }));
  const seen: (string | undefined)[] = [];
  let markers: object | undefined = {};
  while (markers !== undefined) {
    const page: ListMultipartUploadsCommandOutput = await client.send(
      new ListMultipartUploadsCommand({ Bucket: BUCKET, MaxUploads: 1, ...markers }),
    );
    seen.push(...(page.Uploads ?? []).map(({ Key }) => Key));
    markers = page.IsTruncated
      ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
      : undefined;
  }
  assert.deepEqual(seen, ['a', 'b', 'b', 'c']);
  const last = await client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
  assert.deepEqual([last.IsTruncated, last.NextKeyMarker], [false, 'c']);
  assert.equal(last.NextUploadIdMarker, last.Uploads?.[3]?.UploadId);
});

test('continues a list whose marked upload was aborted', async (t) => {
  const { client } = await startS3(t);
  for (const Key of ['a', 'a', 'a', 'b'])
    await client.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key }));
  const list = (markers: object) =>
    client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET, MaxUploads: 1, ...markers }));
  const seen: (string | undefined)[] = [];
  for (let markers: object | undefined = {}; markers !== undefined; ) {
    const page: ListMultipartUploadsCommandOutput = await list(markers);
    for (const { Key, UploadId } of page.Uploads ?? []) {
      seen.push(Key);
      await client.send(new AbortMultipartUploadCommand({ Bucket: BUCKET, Key, UploadId }));
    }
    markers = page.IsTruncated
      ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
      : undefined;
  }
  assert.deepEqual(seen, ['a', 'a', 'a', 'b']);
});

test('lists nothing on a page of no entries, and no page after it', async (t) => {
  const running = await startS3(t);
  const UploadId = await create(running);
  await upload(running, UploadId, 1, SECOND);
  const parts = await running.client.send(
    new ListPartsCommand({ Bucket: BUCKET, Key: KEY, UploadId, MaxParts: 0 }),
  );
  const uploads = await running.client.send(
    new ListMultipartUploadsCommand({ Bucket: BUCKET, MaxUploads: 0 }),
  );
  for (const { IsTruncated } of [parts, uploads]) assert.equal(IsTruncated, false);
  assert.deepEqual([parts.Parts, uploads.Uploads], [undefined, undefined]);
});

test('numbers parts from 1 to 10,000, and pages their list', async (t) => {
  const running = await startS3(t);
  const UploadId = await create(running);
  for (const number of ['0', '10001', 'x', '-1']) {
    const target = `/${BUCKET}/${KEY}?partNumber=${number}&uploadId=${UploadId}`;
    assert.equal((await raw(running, { method: 'PUT', target, body: '' })).code, 'InvalidArgument', number);
  }
  for (const number of [1, 2, 10_000]) await upload(running, UploadId, number, SECOND);
  for (const marker of ['-2', 'x', '2147483648']) {
    const { code } = await raw(running, {
      target: `/${BUCKET}/${KEY}?uploadId=${UploadId}&part-number-marker=${marker}`,
    });
    assert.equal(code, 'InvalidArgument', marker);
  }
  const page = await running.client.send(new ListPartsCommand({ ...named, UploadId, MaxParts: 2 }));
  assert.deepEqual([page.IsTruncated, page.NextPartNumberMarker], [true, '2']);
  const rest = await running.client.send(new ListPartsCommand({ ...named, UploadId, PartNumberMarker: '2' }));
  assert.deepEqual(
    rest.Parts?.map(({ PartNumber }) => PartNumber),
    [10_000],
  );
});

test('accepts parts in any order and repeatedly, and uses the last of each', async (t) => {
  const running = await startS3(t);
  const size = 5 * MIB;
  const bodies = (count: number) => Array.from({ length: count }, () => randomBytes(size));
  const [a, b, c, d] = bodies(4) as [Buffer, Buffer, Buffer, Buffer];
  const short = randomBytes(777);
  const ways: Record<string, readonly (readonly [number, Buffer])[]> = {
    'in order': [
      [1, a],
      [2, b],
      [3, short],
    ],
    'backwards, the short one first': [
      [3, short],
      [2, b],
      [1, a],
    ],
    'with one sent again': [
      [1, a],
      [2, c],
      [3, short],
      [2, b],
    ],
    'with gaps between their numbers': [
      [2, a],
      [5, b],
      [9, short],
    ],
    'of different sizes': [
      [1, Buffer.concat([a, short])],
      [2, b],
      [3, short],
    ],
    'with one more than is put together': [
      [1, a],
      [2, b],
      [3, c],
      [4, d],
    ],
  };
  for (const [way, sent] of Object.entries(ways)) {
    const uploadId = await create(running);
    const last = new Map<number, { part: CompletedPart; body: Buffer }>();
    for (const [number, body] of sent) {
      last.set(number, { part: await upload(running, uploadId, number, body), body });
    }
    const listed = [...last].sort(([one], [other]) => one - other).slice(0, 3);
    const whole = Buffer.concat(listed.map(([, { body }]) => body));
    const parts = listed.map(([, { part }]) => part);
    // A completion that is refused leaves the parts as they were.
    await assert.rejects(complete(running, uploadId, parts, { IfMatch: '"no such"' }), way);
    await complete(running, uploadId, parts);
    assert.ok(readFileSync(join(running.dataDir, BUCKET, 'objects', KEY)).equals(whole), way);
  }
});

test('keeps two senders of one part apart', async (t) => {
  const running = await startS3(t);
  const uploadId = await create(running);
  const versions = [randomBytes(6 * MIB), randomBytes(6 * MIB), randomBytes(6 * MIB)];
  const sent = await Promise.all(versions.map((body) => upload(running, uploadId, 1, body)));
  const { Parts: [stored] = [] } = await running.client.send(
    new ListPartsCommand({ ...named, UploadId: uploadId }),
  );
  const winner = sent.findIndex(({ ETag }) => ETag === stored?.ETag);
  await complete(running, uploadId, [sent[winner] ?? {}]);
  const object = readFileSync(join(running.dataDir, BUCKET, 'objects', KEY));
  assert.ok(object.equals(versions[winner] ?? Buffer.alloc(0)));
});

test('ends a part that is being received when its upload is aborted', async (t) => {
  const running = await startS3(t);
  const { client } = running;
  const uploadId = await create(running);
  let aborted = false;
  const body = Readable.from(
    (async function* () {
      yield FIRST.subarray(0, 3 * MIB);
      await client.send(new AbortMultipartUploadCommand({ ...named, UploadId: uploadId }));
      aborted = true;
      yield FIRST.subarray(3 * MIB);
    })(),
  );
  const late = client.send(
    new UploadPartCommand({
      ...named,
      UploadId: uploadId,
      PartNumber: 1,
      Body: body,
      ContentLength: FIRST.length,
    }),
  );
  await assert.rejects(late, { name: 'NoSuchUpload' });
  assert.ok(aborted);
});

test('repeats the response to Complete, unless parts differ or the object was deleted', async (t) => {
  const running = await startS3(t);
  const uploadId = await create(running);
  const parts = [await upload(running, uploadId, 1, FIRST), await upload(running, uploadId, 2, SECOND)];
  const { $metadata: _one, ...first } = await complete(running, uploadId, parts);
  const { $metadata: _other, ...second } = await complete(running, uploadId, parts);
  assert.deepEqual(second, first);
  await assert.rejects(complete(running, uploadId, parts.slice(1)), { name: 'NoSuchUpload' });
  await running.client.send(new PutObjectCommand({ ...named, Body: 'newer' }));
  await assert.rejects(complete(running, uploadId, parts), { name: 'NoSuchUpload' });
});
