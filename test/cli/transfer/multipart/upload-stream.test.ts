import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'node:test';
import type { UserError } from '../../../../cli/errors.ts';
import type { MultipartMode } from '../../../../cli/transfer/plan.ts';
import { rows, testContext } from '../../../support/context.ts';
import { respondXml, type TestEdge } from '../helpers/edge.ts';
import { ownEdge, upload, withCode } from '../helpers/uploading.ts';

const PART = 5 * 1024 * 1024;

/** Returns a stream of the bytes in pieces that do not divide the part size. */
const piped = (bytes: Buffer) =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / 77_777) }, (_, index) =>
      bytes.subarray(index * 77_777, (index + 1) * 77_777),
    ),
  );

/** Returns the number of multipart uploads that clients created. */
const openedOf = ({ seen }: TestEdge) => seen.filter(({ path }) => path.endsWith('?uploads=')).length;

test('sends a stream in one PUT if it fits in a part, otherwise in parts', async (t) => {
  const edge = await ownEdge(t);
  for (const [size, parts] of [
    [0, 1],
    [1, 1],
    [PART - 1, 1],
    [PART, 1],
    [PART + 1, 2],
    [3 * PART, 3],
  ] as const) {
    const bytes = randomBytes(size);
    const context = testContext({ stdin: piped(bytes) });
    await upload(t, context, edge.url, { files: ['-'], as: 'dump.json' }, { partSize: PART });
    assert.ok(edge.stored.get('/dump.json')?.equals(bytes), String(size));
    const [row] = rows(context.events);
    assert.equal(row?.bytes, size);
    assert.equal(row?.parts, parts, String(size));
    assert.equal(openedOf(edge), parts > 1 ? 1 : 0, String(size));
    if (size === 0) assert.equal(edge.seen[0]?.headers['content-type'], 'application/json');
    edge.seen.splice(0);
    const told = context.events.filter((event) => event.type === 'transfer');
    assert.deepEqual([told[0]?.readBytes, told.at(-1)?.readBytes], [0, size], 'progress starts at zero');
  }
  assert.equal(edge.multipart.open.size, 0);
});

test('divides short streams with --multipart always, refuses long ones with never', async (t) => {
  const edge = await ownEdge(t);
  const put = async (size: number, multipart: MultipartMode) => {
    edge.seen.splice(0);
    const bytes = randomBytes(size);
    const context = testContext({ stdin: piped(bytes) });
    await upload(t, context, edge.url, { files: ['-'], as: 'k' }, { partSize: PART, multipart });
    assert.ok(edge.stored.get('/k')?.equals(bytes), `${size}, ${multipart}`);
    assert.equal(openedOf(edge), multipart === 'always' ? 1 : 0);
    return rows(context.events)[0]?.parts;
  };
  for (const [size, parts] of [
    [0, 1],
    [1, 1],
    [PART, 1],
    [PART + 1, 2],
  ] as const) {
    assert.equal(await put(size, 'always'), parts);
  }
  for (const size of [0, 1, PART]) assert.equal(await put(size, 'never'), 1);

  edge.seen.splice(0);
  await assert.rejects(put(PART + 1, 'never'), (error) => {
    assert.ok(withCode('usage', /more than 5\.00 MiB, and --multipart never/)(error));
    assert.match((error as UserError).hint ?? '', /larger --part-size.*omit --multipart/);
    return true;
  });
  assert.deepEqual(edge.seen, [], 'nothing was sent');
});

test('sends at most --concurrency parts at a time, four by default', async (t) => {
  for (const [options, expected] of [
    [{}, 4],
    [{ concurrency: 1 }, 1],
    [{ concurrency: 6 }, 6],
  ] as const) {
    let underWay = 0;
    let most = 0;
    const full = new EventEmitter();
    const reached = once(full, 'reached');
    const edge = await ownEdge(t, async (request, response) => {
      if (!request.url?.includes('partNumber=')) return false;
      underWay += 1;
      response.once('finish', () => {
        underWay -= 1;
      });
      most = Math.max(most, underWay);
      if (most === expected) full.emit('reached');
      await reached;
      return false;
    });
    const bytes = randomBytes((expected + 2) * PART);
    const context = testContext({ stdin: piped(bytes) });
    await upload(t, context, edge.url, { files: ['-'], as: 'k' }, { partSize: PART, ...options });
    assert.equal(most, expected);
    assert.ok(edge.stored.get('/k')?.equals(bytes));
  }
});

test('sends failed parts again from memory', async (t) => {
  const bytes = randomBytes(4 * PART + 5);
  const edge = await ownEdge(t, (request, _response, number) => {
    if (request.method !== 'PUT' || number % 2 === 1) return false;
    request.once('readable', () => request.socket.resetAndDestroy());
    return true;
  });
  const context = testContext({ stdin: piped(bytes) });
  await upload(t, context, edge.url, { files: ['-'], as: 'k' }, { partSize: PART });
  assert.ok(edge.stored.get('/k')?.equals(bytes));
});

test('aborts an upload that cannot be finished, also after Ctrl-C', async (t) => {
  const refusing = await ownEdge(t, (request, response) => {
    if (!request.url?.includes('partNumber=2')) return false;
    respondXml(response, 403, 'AccessDenied', { connection: 'close' });
    return true;
  });
  const stdin = piped(randomBytes(4 * PART));
  await assert.rejects(
    upload(t, testContext({ stdin }), refusing.url, { files: ['-'], as: 'k' }, { partSize: PART }),
    withCode('forbidden'),
  );
  assert.equal(refusing.multipart.open.size, 0);

  const waiting = new PassThrough();
  const context = testContext({ stdin: waiting });
  const edge = await ownEdge(t, (request) => {
    // Everything that arrived is stored, except for this part. The rest never arrives.
    if (request.url?.includes('partNumber=2')) setImmediate(() => context.abort.abort());
    return false;
  });
  waiting.write(randomBytes(2 * PART));
  await assert.rejects(
    upload(t, context, edge.url, { files: ['-'], as: 'k' }, { partSize: PART }),
    withCode('interrupted'),
  );
  assert.equal(edge.multipart.open.size, 0);
  assert.equal(edge.stored.size, 0);
});

test('sends nothing beyond the edge’s size limit', async (t) => {
  const edge = await ownEdge(t, (request, response) => {
    if (request.url !== '/.well-known/edge-upload') return false;
    response.writeHead(200).end(`{"policy":{"maxSize":${2 * PART}}}`);
    return true;
  });
  await assert.rejects(
    upload(
      t,
      testContext({ stdin: piped(randomBytes(4 * PART)) }),
      edge.url,
      { files: ['-'], as: 'k' },
      { partSize: PART },
    ),
    withCode('too_large'),
  );
  assert.equal(edge.multipart.open.size, 0);
});
