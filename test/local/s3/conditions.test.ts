import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { sign } from '../../../local/auth/sigv4.ts';
import type { HttpResponse } from '../../../local/wire/http.ts';
import { s3Signing } from '../../support/s3-signature.ts';
import { BUCKET, type Running, raw, startS3 } from './support.ts';

const named = { Bucket: BUCKET, Key: 'k' };

/** Starts a PUT that is under way until the test ends its body of five bytes. */
function slowPut(
  running: Running,
  condition: Record<string, string>,
): { body: PassThrough; answer: Promise<HttpResponse> } {
  const body = new PassThrough();
  const request = { method: 'PUT', path: `/${BUCKET}/k`, query: '' };
  const headers = { host: 'localhost', 'content-length': '5', ...condition };
  const signed = sign({ ...request, headers }, s3Signing());
  return { body, answer: running.handle({ ...request, headers: { ...headers, ...signed }, body }) };
}

function codeOf({ body }: HttpResponse): string {
  return /<Code>(.*)<\/Code>/.exec(String(body))?.[1] ?? '';
}

test('If-None-Match writes only if there is no object, and refuses before the body', async (t) => {
  const running = await startS3(t);
  const put = (Body: string) =>
    running.client.send(new PutObjectCommand({ ...named, Body, IfNoneMatch: '*' }));
  await put('first');
  await assert.rejects(put('second'), { name: 'PreconditionFailed' });
  const early = await raw(running, {
    method: 'PUT',
    target: `/${BUCKET}/k`,
    headers: { 'if-none-match': '*', 'content-length': '5000000' },
  });
  assert.deepEqual([early.status, early.code], [412, 'PreconditionFailed']);
  const got = await running.client.send(new GetObjectCommand(named));
  assert.equal(await got.Body?.transformToString(), 'first');
  await running.client.send(new DeleteObjectCommand(named));
  await put('third');
});

test('one of many simultaneous conditional writes succeeds', async (t) => {
  const { client } = await startS3(t);
  const results = await Promise.allSettled(
    Array.from({ length: 30 }, (_, at) =>
      client.send(new PutObjectCommand({ ...named, Body: `writer ${at}`, IfNoneMatch: '*' })),
    ),
  );
  const winners = results.flatMap(({ status }, at) => (status === 'fulfilled' ? [at] : []));
  assert.equal(winners.length, 1);
  const got = await client.send(new GetObjectCommand(named));
  assert.equal(await got.Body?.transformToString(), `writer ${winners[0]}`);
});

test('the first write to end wins, not the first to start', async (t) => {
  const running = await startS3(t);
  const slow = slowPut(running, { 'if-none-match': '*' });
  await running.client.send(new PutObjectCommand({ ...named, Body: 'quick', IfNoneMatch: '*' }));
  slow.body.end('slow!');
  const answer = await slow.answer;
  assert.deepEqual([answer.status, codeOf(answer)], [412, 'PreconditionFailed']);
});

test('reports a conflict if a delete ends during a conditional write', async (t) => {
  const running = await startS3(t);
  const slow = slowPut(running, { 'if-none-match': '*' });
  await running.client.send(new PutObjectCommand({ ...named, Body: 'x' }));
  await running.client.send(new DeleteObjectCommand(named));
  slow.body.end('slow!');
  const answer = await slow.answer;
  assert.deepEqual([answer.status, codeOf(answer)], [409, 'ConditionalRequestConflict']);
  const unconditional = slowPut(running, {});
  await running.client.send(new PutObjectCommand({ ...named, Body: 'x' }));
  await running.client.send(new DeleteObjectCommand(named));
  unconditional.body.end('slow!');
  assert.equal((await unconditional.answer).status, 200);
});

test('If-Match replaces only the matching object', async (t) => {
  const { client } = await startS3(t);
  const put = (Body: string, IfMatch?: string) =>
    client.send(new PutObjectCommand({ ...named, Body, IfMatch }));
  await assert.rejects(put('x', '"00"'), { name: 'NoSuchKey' });
  const { ETag } = await put('first');
  await put('second', ETag);
  await assert.rejects(put('third', ETag), { name: 'PreconditionFailed' });
});

test('applies conditions to Complete, and keeps a refused upload', async (t) => {
  const { client } = await startS3(t);
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(named));
  const { ETag } = await client.send(
    new UploadPartCommand({ ...named, UploadId, PartNumber: 1, Body: 'part' }),
  );
  const complete = (conditions: object) =>
    client.send(
      new CompleteMultipartUploadCommand({
        ...named,
        UploadId,
        MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
        ...conditions,
      }),
    );
  const { ETag: there } = await client.send(new PutObjectCommand({ ...named, Body: 'x' }));
  await assert.rejects(complete({ IfNoneMatch: '*' }), { name: 'PreconditionFailed' });
  await assert.rejects(complete({ IfMatch: '"00"' }), { name: 'PreconditionFailed' });
  assert.match((await complete({ IfMatch: there })).ETag ?? '', /-1"$/);
});

test('refuses unsupported conditions of writes by name', async (t) => {
  const running = await startS3(t);
  for (const headers of [{ 'if-none-match': '"etag"' }, { 'if-none-match': '*', 'if-match': '"etag"' }]) {
    const put = await raw(running, {
      method: 'PUT',
      target: `/${BUCKET}/k`,
      body: 'x',
      headers: { ...headers },
    });
    assert.deepEqual([put.status, put.code], [501, 'NotImplemented']);
  }
});
