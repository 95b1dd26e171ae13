import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { sign } from '../../../local/auth/sigv4.ts';
import { workerArgs } from '../../support/run/worker.ts';
import { s3Signing } from '../../support/s3-signature.ts';
import { BUCKET, raw, startS3, temporaryFolder } from './support.ts';

/** Starts the embedded S3 in a separate process, which the test kills. */
async function startProcess(t: TestContext, dataDir: string) {
  const child = spawn(process.execPath, workerArgs('test/local/s3/serve', dataDir), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const [port] = (await once(createInterface(child.stdout), 'line')) as [string];
  const kill = async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return { port: Number(port), kill };
}

function clientOf(port: number): S3Client {
  return new S3Client({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
}

test('keeps the object if killed in the middle of a PUT over it', async (t) => {
  const dataDir = join(temporaryFolder(t), 's3');
  const before = await startS3(t, { dataDir });
  await before.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'k', Body: 'as it was' }));
  const { port, kill } = await startProcess(t, dataDir);
  const client = clientOf(port);
  t.after(() => client.destroy());
  await client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  const request = { method: 'PUT', path: `/${BUCKET}/k`, query: '', headers: { host: `127.0.0.1:${port}` } };
  const headers = {
    ...request.headers,
    ...sign(request, s3Signing()),
    'content-length': '50000000',
  };
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => undefined);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`PUT /${BUCKET}/k HTTP/1.1\r\n${lines.join('')}\r\n`);
  socket.write(Buffer.alloc(10_000_000));
  const incoming = join(dataDir, BUCKET, 'incoming');
  while (readdirSync(incoming).length === 0) await setImmediate();
  await kill();
  const after = await startS3(t, { dataDir });
  assert.equal((await raw(after, { target: `/${BUCKET}/k` })).text, 'as it was');
  assert.deepEqual(readdirSync(incoming), []);
});

test('keeps every confirmed write if killed among many; record and bytes agree', async (t) => {
  const dataDir = join(temporaryFolder(t), 's3');
  await startS3(t, { dataDir });
  const { port, kill } = await startProcess(t, dataDir);
  const client = clientOf(port);
  t.after(() => client.destroy());
  const answered = new Map<string, number>();
  let writes = 0;
  let enough = (): void => undefined;
  const written = new Promise<void>((resolve) => {
    enough = resolve;
  });
  const writers = Array.from({ length: 4 }, async (_, writer) => {
    for (let round = 1; ; round++) {
      const Key = `dir/${writer}-${round % 5}`;
      await client.send(
        new PutObjectCommand({ Bucket: BUCKET, Key, Body: `${Key} ${round} `.repeat(round) }),
      );
      answered.set(Key, round);
      if (++writes === 60) enough();
    }
  });
  const ended = Promise.allSettled(writers);
  await written;
  await kill();
  await ended;
  const after = await startS3(t, { dataDir });
  for (const [Key, round] of answered) {
    const got = await after.client.send(
      new GetObjectCommand({ Bucket: BUCKET, Key, ChecksumMode: 'ENABLED' }),
    );
    const text = (await got.Body?.transformToString()) ?? '';
    const stored = Number(text.split(' ')[1]);
    assert.equal(text, `${Key} ${stored} `.repeat(stored));
    assert.ok(stored === round || stored === round + 5, `${Key}: ${stored} after ${round}`);
  }
  assert.deepEqual(after.defects, []);
});

test('completes a change whose files were not moved yet when the bucket opens', async (t) => {
  const running = await startS3(t);
  const folder = join(running.dataDir, BUCKET);
  const put = (Body: string) => running.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'k', Body }));
  await put('one');
  await put('two');
  const { id } = lastVersion(folder);
  renameSync(join(folder, 'objects/k'), join(folder, 'incoming', id));
  writeFileSync(join(folder, 'objects/k'), 'one');
  const after = await startS3(t, { dataDir: running.dataDir });
  assert.equal((await raw(after, { target: `/${BUCKET}/k` })).text, 'two');
  const again = await startS3(t, { dataDir: running.dataDir });
  assert.equal((await raw(again, { target: `/${BUCKET}/k` })).text, 'two');
});

test('moves an older version that was not moved yet before the newer one', async (t) => {
  const running = await startS3(t);
  const { client } = running;
  const folder = join(running.dataDir, BUCKET);
  await client.send(
    new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: { Status: 'Enabled' } }),
  );
  const put = (Body: string) => client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'k', Body }));
  const { VersionId } = await put('one');
  await put('two');
  const { id } = lastVersion(folder);
  const [older = ''] = readdirSync(join(folder, 'versions'));
  renameSync(join(folder, 'objects/k'), join(folder, 'incoming', id));
  renameSync(join(folder, 'versions', older), join(folder, 'objects/k'));
  for (const _ of [1, 2]) {
    const after = await startS3(t, { dataDir: running.dataDir });
    assert.equal((await raw(after, { target: `/${BUCKET}/k` })).text, 'two');
    assert.equal((await raw(after, { target: `/${BUCKET}/k?versionId=${VersionId}` })).text, 'one');
  }
});

test('completes a delete whose file was not removed yet', async (t) => {
  const running = await startS3(t);
  const objects = join(running.dataDir, BUCKET, 'objects');
  await running.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'dir/k', Body: 'x' }));
  await running.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'dir/k' }));
  mkdirSync(join(objects, 'dir'));
  writeFileSync(join(objects, 'dir/k'), 'x');
  const after = await startS3(t, { dataDir: running.dataDir });
  const { KeyCount } = await after.client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  assert.equal(KeyCount, 0);
  assert.deepEqual(readdirSync(objects), []);
});

test('ignores a torn last line', async (t) => {
  const running = await startS3(t);
  await running.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'k', Body: 'whole' }));
  appendFileSync(join(running.dataDir, BUCKET, 'index.jsonl'), '{"op":"put","version":{"key":"torn"');
  const after = await startS3(t, { dataDir: running.dataDir });
  await after.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'next', Body: 'x' }));
  const again = await startS3(t, { dataDir: running.dataDir });
  const { Contents } = await again.client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  assert.deepEqual(
    Contents?.map(({ Key }) => Key),
    ['k', 'next'],
  );
});

test('resumes an unfinished upload after a restart, and clears a completed one', async (t) => {
  const running = await startS3(t);
  const { client, dataDir } = running;
  const named = { Bucket: BUCKET, Key: 'k' };
  const start = async () => (await client.send(new CreateMultipartUploadCommand(named))).UploadId ?? '';
  const [open, done] = [await start(), await start()];
  const part = { ...named, PartNumber: 1, Body: 'part' };
  const { ETag } = await client.send(new UploadPartCommand({ ...part, UploadId: open }));
  await client.send(new UploadPartCommand({ ...part, UploadId: done }));
  const complete = (UploadId: string) =>
    new CompleteMultipartUploadCommand({
      ...named,
      UploadId,
      MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
    });
  const uploads = join(dataDir, BUCKET, 'uploads');
  cpSync(join(uploads, done), join(dataDir, 'kept'), { recursive: true });
  await client.send(complete(done));
  cpSync(join(dataDir, 'kept'), join(uploads, done), { recursive: true });
  const after = await startS3(t, { dataDir });
  assert.deepEqual(readdirSync(uploads), [open]);
  // A repeated Complete gets the response that the kill prevented.
  assert.equal((await after.client.send(complete(done))).Key, 'k');
  assert.match((await after.client.send(complete(open))).ETag ?? '', /-1"$/);
});

function lastVersion(folder: string): { id: string } {
  const lines = readFileSync(join(folder, 'index.jsonl'), 'utf8').trimEnd().split('\n');
  return JSON.parse(lines.at(-1) ?? '').version;
}
