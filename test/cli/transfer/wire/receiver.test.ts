import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dispatcher } from 'undici';
import { createReceiver } from '../../../../cli/transfer/wire/responses.ts';
import { TransientFailure } from '../../../../cli/transfer/wire/retry.ts';

/** A receiver, what it reported, and a connection that drives it. */
function rig() {
  const seen: string[] = [];
  const receiver = createReceiver('edge.test', {
    onStart: () => seen.push('start'),
    onHead: () => seen.push('head'),
    onBytes: (bytes) => seen.push(`${bytes} bytes`),
  });
  const cancelled: Error[] = [];
  const controller = {
    abort: (reason: Error) => cancelled.push(reason),
  } as unknown as Dispatcher.DispatchController;
  const { handler } = receiver;
  return {
    ...receiver,
    seen,
    cancelled,
    start: () => handler.onRequestStart?.(controller, {}),
    head: (status: number, headers: Record<string, string | string[]> = {}) =>
      handler.onResponseStart?.(controller, status, headers, ''),
    data: (chunk: string | Buffer) => handler.onResponseData?.(controller, Buffer.from(chunk)),
    end: () => handler.onResponseEnd?.(controller, {}),
    fail: (error: Error) => handler.onResponseError?.(controller, error),
  };
}

test('returns status, headers and the text of all chunks', async () => {
  const { start, head, data, end, response, seen } = rig();
  start();
  head(200, { etag: '"e"', 'x-twice': ['a', 'b'], 'x-repeated': ['c', 'c'] });
  // The two bytes of a character are in two chunks.
  data(Buffer.from([0xc3]));
  data(Buffer.from([0xa9]));
  end();
  assert.deepEqual(await response, {
    status: 200,
    headers: { etag: '"e"', 'x-twice': 'a, b', 'x-repeated': 'c' },
    text: 'é',
  });
  assert.deepEqual(seen, ['start', 'head', '1 bytes', '1 bytes']);
});

test('ignores informational responses', async () => {
  const { start, head, end, response, seen } = rig();
  start();
  head(100);
  head(103, { link: 'x' });
  head(204);
  end();
  assert.equal((await response).status, 204);
  assert.deepEqual(seen, ['start', 'head']);
});

test('accepts a refusal that breaks off, but not a success', async () => {
  const reset = new Error('reset');
  const refused = rig();
  refused.start();
  refused.head(403);
  refused.data('part of a ref');
  refused.fail(reset);
  assert.deepEqual(await refused.response, { status: 403, headers: {}, text: 'part of a ref' });
  const stored = rig();
  stored.start();
  stored.head(200);
  stored.fail(reset);
  await assert.rejects(stored.response, reset);
});

test('rejects with the reason of an abort, and cancels the request, started or not', async () => {
  const reason = new Error('stalled');
  const running = rig();
  running.start();
  running.head(403);
  running.abort(reason);
  running.fail(new Error('aborted'));
  await assert.rejects(running.response, reason);
  assert.deepEqual(running.cancelled, [reason]);
  const waiting = rig();
  waiting.abort(reason);
  waiting.start();
  await assert.rejects(waiting.response, reason);
  assert.deepEqual([waiting.cancelled, waiting.seen], [[reason], []]);
});

test('ignores an abort after the end', async () => {
  const { start, head, end, abort, response } = rig();
  start();
  head(200);
  end();
  abort(new Error('late'));
  assert.equal((await response).status, 200);
});

test('cancels an endless response: fails a success, keeps the beginning of a refusal', async () => {
  const mebibyte = Buffer.alloc(1024 * 1024, 'x');
  for (const status of [200, 403]) {
    const { start, head, data, response, cancelled } = rig();
    start();
    head(status);
    for (let read = 0; read < 3; read += 1) data(mebibyte);
    if (status === 200) await assert.rejects(response, TransientFailure);
    else assert.equal((await response).text.length, 2 * mebibyte.length);
    assert.equal(cancelled.length, 1);
  }
});
