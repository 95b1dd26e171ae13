import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createReadStream } from 'node:fs';
import { appendFile, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { type TestContext as NodeTestContext, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { journalFolder } from '../../../../cli/settings/folders.ts';
import { crc32Bytes } from '../../../../cli/transfer/integrity.ts';
import { listJournals } from '../../../../cli/transfer/multipart/journals.ts';
import type { UploadFilesOptions } from '../../../../cli/transfer/upload.ts';
import type { Clock } from '../../../../cli/transfer/wire/retry.ts';
import { rows, testContext } from '../../../support/context.ts';
import { cutResponse, type EdgeFault, readAll, respondXml, type TestEdge } from '../helpers/edge.ts';
import { ownEdge, ownFolder, restlessClock, upload, withCode } from '../helpers/uploading.ts';

const MIB = 1024 * 1024;
const PART = 5 * MIB;
const SIZE = 4 * PART + 12_345;

/** A file of five parts, and a home for journals. */
async function bigFile(t: NodeTestContext) {
  const home = await ownFolder(t);
  const bytes = randomBytes(SIZE);
  await writeFile(join(home, 'big.bin'), bytes);
  const put = (
    edge: TestEdge,
    options: Partial<UploadFilesOptions> = {},
    context = testContext({ cwd: home, home }),
  ) => upload(t, context, edge.url, { files: ['big.bin'] }, { partSize: PART, concurrency: 2, ...options });
  const journals = () => listJournals(journalFolder(testContext({ home })), assert.fail);
  return { home, bytes, put, journals, file: join(home, 'big.bin') };
}

const parts = (edge: TestEdge) =>
  edge.seen
    .filter(({ path }) => path.includes('partNumber='))
    .map(({ path }) => Number(/partNumber=(\d+)/.exec(path)?.[1]));

/** Refuses a part while the fault is on. */
function refusing(part: number, fault: { readonly on: boolean }): EdgeFault {
  return (request, response) => {
    if (!fault.on || !request.url?.includes(`partNumber=${part}`)) return false;
    respondXml(response, 403, 'AccessDenied');
    return true;
  };
}

const completes = ({ method, url }: IncomingMessage) =>
  method === 'POST' && url?.includes('uploadId=') === true;

test('sends a large file in parts, verifies it, and leaves nothing open', async (t) => {
  const { home, bytes, put } = await bigFile(t);
  const edge = await ownEdge(t);
  const context = testContext({ cwd: home, home });
  await put(edge, { metadata: { Origin: 'camera 1' }, noClobber: true }, context);
  assert.ok(edge.stored.get('/big.bin')?.equals(bytes));
  const [row] = rows(context.events);
  assert.equal(row?.parts, 5);
  assert.match(String(row?.etag), /^[0-9a-f]{32}-5$/);
  assert.deepEqual(row?.checksum, { crc32: crc32Bytes(crc32(bytes)).toString('base64') });
  assert.deepEqual(parts(edge).sort(), [1, 2, 3, 4, 5]);
  const create = edge.seen.find(({ path }) => path.endsWith('?uploads='));
  assert.equal(create?.headers['x-amz-checksum-algorithm'], 'CRC32');
  assert.equal(create?.headers['x-amz-checksum-type'], 'FULL_OBJECT');
  assert.equal(create?.headers['x-amz-meta-origin'], 'camera 1');
  assert.equal(create?.headers['if-none-match'], undefined, 'S3 knows the condition at Complete alone');
  const complete = edge.seen.find(({ method, path }) => method === 'POST' && path.includes('uploadId='));
  assert.equal(complete?.headers['if-none-match'], '*');
  assert.deepEqual(await readdir(journalFolder(context)), []);
  const last = context.events.findLast((event) => event.type === 'transfer');
  assert.equal(last?.bytes, SIZE);
});

test('resumes an interrupted upload without sending stored parts again', async (t) => {
  const { home, bytes, put, journals } = await bigFile(t);
  const fault = { on: true };
  const edge = await ownEdge(t, refusing(4, fault));
  await assert.rejects(put(edge), withCode('forbidden'));
  const [left] = await journals();
  const done = left?.parts.size ?? 0;
  assert.ok(done >= 2 && done <= 4);
  fault.on = false;
  edge.seen.length = 0;
  const context = testContext({ cwd: home, home });
  await put(edge, { partSize: PART }, context);
  assert.ok(edge.stored.get('/big.bin')?.equals(bytes));
  assert.equal(parts(edge).length, 5 - done);
  const [row] = rows(context.events);
  assert.ok(Number(row?.resumedBytes) >= 2 * PART);
  const last = context.events.findLast((event) => event.type === 'transfer');
  assert.equal(last?.bytes, SIZE);
  assert.equal(edge.multipart.open.size, 0);
  assert.deepEqual(await journals(), []);
});

test('finds parts missing in the journal, and sends parts missing at the store', async (t) => {
  const { home, bytes, put, journals } = await bigFile(t);
  const fault = { on: true };
  const edge = await ownEdge(t, refusing(5, fault));
  await assert.rejects(put(edge, { concurrency: 1 }), withCode('forbidden'));
  const folder = journalFolder(testContext({ home }));
  const [name] = (await readdir(folder)).filter((file) => file.endsWith('.jsonl'));
  const journal = join(folder, name ?? '');
  const [entry, opened, ...lines] = (await readFile(journal, 'utf8'))
    .split('\n')
    .filter((line) => line !== '');
  // The entry of part 1 is missing, that of 2 is truncated, that of 3 has another ETag, and part 5 was never stored.
  const third = JSON.parse(lines[2] ?? '') as { etag: string };
  await writeFile(
    journal,
    [
      entry,
      opened,
      JSON.stringify({ ...third, etag: 'f'.repeat(32) }),
      lines[3],
      JSON.stringify({ ...third, number: 5, size: 12_345 }),
      lines[1]?.slice(0, 20),
    ].join('\n'),
  );
  assert.equal((await journals())[0]?.parts.size, 3);
  // Part 2 in the store gets bytes that differ from the file's.
  const [open] = edge.multipart.open.values();
  open?.parts.set(2, { body: randomBytes(PART), etag: 'e'.repeat(32), checksum: 'AAAAAA==' });
  fault.on = false;
  edge.seen.length = 0;
  await put(edge);
  assert.ok(edge.stored.get('/big.bin')?.equals(bytes));
  assert.deepEqual(parts(edge).sort(), [2, 5]);
});

test('ends the retries of other parts as soon as one part has failed', async (t) => {
  const home = await ownFolder(t);
  await writeFile(join(home, 'big.bin'), randomBytes(3 * PART));
  const sources = {
    file: { files: ['big.bin'] },
    stream: { files: ['-'], as: 'big.bin' },
  };
  for (const [name, source] of Object.entries(sources)) {
    const waiting = new EventEmitter();
    const waits = once(waiting, 'retry');
    const edge = await ownEdge(t, (request, response) => {
      if (request.url?.includes('partNumber=1&')) respondXml(response, 503, 'SlowDown');
      else if (request.url?.includes('partNumber=2&')) {
        void waits.then(() => respondXml(response, 403, 'AccessDenied', { connection: 'close' }));
      } else return false;
      return true;
    });
    // Only the failure of the second part ends the wait.
    const sleep: Clock['sleep'] = async (_milliseconds, signal) => {
      const ended = once(signal, 'abort');
      waiting.emit('retry');
      await ended;
      throw signal.reason;
    };
    const clock = { ...restlessClock(), sleep };
    const stdin = createReadStream(join(home, 'big.bin'));
    const context = testContext({ cwd: home, home, stdin });
    await assert.rejects(
      upload(t, context, edge.url, source, { partSize: PART, concurrency: 2, clock }),
      withCode('forbidden'),
      name,
    );
    assert.deepEqual(parts(edge).sort(), [1, 2], name);
  }
});

test('starts again for a changed file, and aborts the old upload', async (t) => {
  const { file, put, journals } = await bigFile(t);
  const fault = { on: true };
  const edge = await ownEdge(t, refusing(3, fault));
  const changes: Record<string, () => Promise<unknown>> = {
    'later time': () => utimes(file, new Date(), new Date(Date.now() + 10_000)),
    longer: () => appendFile(file, 'more'),
    'other headers': async () => {},
  };
  for (const [name, change] of Object.entries(changes)) {
    fault.on = true;
    await assert.rejects(put(edge), withCode('forbidden'));
    const [old] = await journals();
    await change();
    fault.on = false;
    await put(edge, name === 'other headers' ? { contentType: 'image/png' } : {});
    assert.ok(edge.stored.get('/big.bin')?.equals(await readFile(file)), name);
    assert.ok(!edge.multipart.open.has(old?.opened?.uploadId ?? ''), name);
    assert.equal(edge.multipart.open.size, 0, name);
  }
});

test('aborts a multipart upload whose file now fits in one PUT', async (t) => {
  const { file, put, journals } = await bigFile(t);
  const fault = { on: true };
  const edge = await ownEdge(t, refusing(3, fault));
  for (const [content, options] of [
    ['small now', {}],
    [randomBytes(SIZE), { multipart: 'never' }],
  ] as const) {
    fault.on = true;
    await writeFile(file, randomBytes(SIZE));
    await assert.rejects(put(edge), withCode('forbidden'));
    assert.equal(edge.multipart.open.size, 1);
    fault.on = false;
    await writeFile(file, content);
    await put(edge, options);
    assert.equal(edge.stored.get('/big.bin')?.length, content.length);
    assert.equal(edge.multipart.open.size, 0);
    assert.deepEqual(await journals(), []);
  }
});

test('resumes a journal of the earlier format', async (t) => {
  const { home, bytes, put } = await bigFile(t);
  const fault = { on: true };
  const edge = await ownEdge(t, refusing(5, fault));
  await assert.rejects(put(edge, { concurrency: 1 }), withCode('forbidden'));
  const folder = journalFolder(testContext({ home }));
  const [name = ''] = (await readdir(folder)).filter((file) => file.endsWith('.jsonl'));
  const lines = (await readFile(join(folder, name), 'utf8')).split('\n').filter((line) => line !== '');
  const [entry, opened] = lines.slice(0, 2).map((line) => JSON.parse(line) as Record<string, unknown>);
  const first = JSON.stringify({ ...entry, format: 1, uploadId: opened?.uploadId });
  await writeFile(join(folder, name), [first, '', ...lines.slice(2)].join('\n'));
  fault.on = false;
  edge.seen.length = 0;
  await put(edge);
  assert.ok(edge.stored.get('/big.bin')?.equals(bytes));
  assert.deepEqual(parts(edge), [5]);
});

test('reports where an upload may have been completed already', async (t) => {
  const { put } = await bigFile(t);
  let lost = true;
  const edge: TestEdge = await ownEdge(t, async (request, response) => {
    if (!completes(request)) return false;
    if (lost) {
      await cutResponse(edge, request);
    } else {
      await readAll(request);
      respondXml(response, 412, 'PreconditionFailed');
    }
    return true;
  });
  const retry = { tries: 1, baseMs: 1, capMs: 1, windowMs: 1000 };
  await assert.rejects(put(edge, { noClobber: true, retry }), withCode('unreachable'));
  lost = false;
  await assert.rejects(put(edge, { noClobber: true }), withCode('exists', /may be from this upload/));
});

test('sends Complete again after a lost response, in this run or the next', async (t) => {
  const { bytes, put, home } = await bigFile(t);
  let swallow = 1;
  const edge: TestEdge = await ownEdge(t, async (request) => {
    if (!completes(request) || swallow === 0) return false;
    swallow -= 1;
    return cutResponse(edge, request);
  });
  await put(edge);
  assert.ok(edge.stored.get('/big.bin')?.equals(bytes));
  swallow = 4;
  edge.stored.clear();
  const retry = { tries: 2, baseMs: 1, capMs: 1, windowMs: 1000 };
  await assert.rejects(put(edge, { retry }), withCode('unreachable'));
  edge.seen.length = 0;
  swallow = 0;
  const context = testContext({ cwd: home, home });
  await put(edge, {}, context);
  assert.deepEqual(parts(edge), [], 'nothing is sent again');
  assert.equal(rows(context.events)[0]?.resumedBytes, SIZE);
});

test('starts again if the store no longer has the upload', async (t) => {
  const { bytes, put } = await bigFile(t);
  let forget = true;
  const edge: TestEdge = await ownEdge(t, (request) => {
    if (forget && request.url?.includes('partNumber=4')) {
      forget = false;
      edge.multipart.open.clear();
    }
    return false;
  });
  await put(edge);
  assert.ok(edge.stored.get('/big.bin')?.equals(bytes));
});

test('handles an error in a 200 response to Complete', async (t) => {
  const { bytes, put, journals } = await bigFile(t);
  let code = 'InternalError';
  const edge = await ownEdge(t, async (request, response) => {
    if (!completes(request) || code === '') return false;
    await readAll(request);
    response.writeHead(200, { 'content-type': 'application/xml' });
    response.end(`   \n<Error><Code>${code}</Code><Message>Sorry.</Message></Error>`);
    if (code === 'InternalError') code = '';
    return true;
  });
  await put(edge);
  assert.ok(edge.stored.get('/big.bin')?.equals(bytes));
  code = 'PreconditionFailed';
  await assert.rejects(put(edge), withCode('exists', /was not changed/));
  assert.deepEqual(await journals(), []);
  code = 'InvalidPart';
  const wayOut = /^All parts are stored, .*:\n {2}edge-upload uploads abort [\da-f]{16}$/;
  await assert.rejects(put(edge), withCode('refused_by_store', /InvalidPart/, wayOut));
  code = 'NoSuchUpload';
  await assert.rejects(
    put(edge),
    withCode('refused_by_store', /no longer exists/, /^Run .* from the beginning\.$/),
  );
  assert.equal((await journals()).length, 1);
});

test('never reports an object of other bytes as stored', async (t) => {
  const { put, journals } = await bigFile(t);
  let answer = '';
  const edge = await ownEdge(t, async (request, response) => {
    if (!completes(request)) return false;
    await readAll(request);
    response.writeHead(200, { 'content-type': 'application/xml' });
    response.end(`<CompleteMultipartUploadResult>${answer}</CompleteMultipartUploadResult>`);
    return true;
  });
  for (const [said, message] of [
    ['<ETag>"x"</ETag><ChecksumCRC32>AAAAAA==</ChecksumCRC32>', /other bytes/],
    ['<ETag>"00000000000000000000000000000000-5"</ETag>', /could not be verified/],
    ['<Key>big.bin</Key>', /could not be verified/],
  ] as const) {
    answer = said;
    await assert.rejects(put(edge), withCode('bytes_differ', message));
    assert.deepEqual(await journals(), [], 'no journal is left');
  }
});

test('keeps an existing object with --no-clobber, and aborts the upload', async (t) => {
  const { put, journals } = await bigFile(t);
  const edge = await ownEdge(t);
  edge.stored.set('/big.bin', Buffer.from('older'));
  await assert.rejects(put(edge, { noClobber: true }), withCode('exists'));
  assert.equal(edge.stored.get('/big.bin')?.toString(), 'older');
  assert.equal(edge.multipart.open.size, 0);
  assert.deepEqual(await journals(), []);
});

test('does not complete a file that changes while its parts are sent', async (t) => {
  const { file, put, journals } = await bigFile(t);
  const edge = await ownEdge(t, async (request) => {
    if (request.url?.includes('partNumber=3')) await appendFile(file, 'x');
    return false;
  });
  await assert.rejects(put(edge), withCode('file_changed', /grew/));
  assert.equal(edge.stored.size, 0);
  assert.equal(edge.multipart.open.size, 0);
  assert.deepEqual(await journals(), []);
});

test('reports the edge’s size limit before it sends the first part', async (t) => {
  const { put } = await bigFile(t);
  const edge = await ownEdge(t, (request, response) => {
    if (request.url !== '/.well-known/edge-upload') return false;
    response.writeHead(200).end('{"policy":{"maxSize":5000000}}');
    return true;
  });
  await assert.rejects(put(edge), withCode('too_large', /5000000 bytes/));
  assert.equal(edge.seen.length, 1);
});

test('keeps stored parts at Ctrl-C, and reports that the same command resumes', async (t) => {
  const { home, bytes, put } = await bigFile(t);
  const context = testContext({ cwd: home, home });
  const edge = await ownEdge(t, (request) => {
    if (request.url?.includes('partNumber=4')) context.abort.abort();
    return false;
  });
  await assert.rejects(
    put(edge, {}, context),
    (error) =>
      withCode('interrupted')(error) && /same command resumes/.test((error as { hint?: string }).hint ?? ''),
  );
  edge.seen.length = 0;
  await put(edge);
  assert.ok(edge.stored.get('/big.bin')?.equals(bytes));
  assert.ok(parts(edge).length < 5);
});

test('requests the limits again after a failure', async (t) => {
  const { home, bytes, put } = await bigFile(t);
  await writeFile(join(home, 'second.bin'), bytes);
  let asked = 0;
  const edge = await ownEdge(t, (request, response) => {
    if (request.url !== '/.well-known/edge-upload' || asked++ > 0) return false;
    response.writeHead(404).end('no edge here');
    return true;
  });
  const context = testContext({ cwd: home, home });
  await assert.rejects(put(edge, {}, context), withCode('not_an_edge'));
  const options = { partSize: PART, concurrency: 1 };
  asked = 0;
  const { document } = await upload(t, context, edge.url, { files: ['big.bin', 'second.bin'] }, options);
  assert.equal(document.stored, 1);
  assert.ok(edge.stored.get('/second.bin')?.equals(bytes));
});
