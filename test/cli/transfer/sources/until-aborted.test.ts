import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'node:test';
import { checkStream } from '../../../../cli/transfer/sources/file-stamp.ts';
import { readUntil, untilAborted } from '../../../../cli/transfer/sources/until-aborted.ts';
import { withCode } from '../helpers/uploading.ts';

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

test('reads a stream to its end', async () => {
  const stream = Readable.from([Buffer.from('a'), Buffer.from('b')]);
  const read = await all(readUntil(stream, 'standard input', new AbortController().signal));
  assert.equal(Buffer.concat(read).toString(), 'ab');
});

test('reads a stream whose descriptor is not that of an open file', async () => {
  const stream = Object.assign(Readable.from([Buffer.from('a')]), { fd: 2 ** 31 - 1 });
  checkStream('standard input', stream, new Set());
  const read = await all(readUntil(stream, 'standard input', new AbortController().signal));
  assert.equal(Buffer.concat(read).toString(), 'a');
});

test('ends a silent stream at the abort, and destroys it', async () => {
  const stopping = new AbortController();
  const stream = new PassThrough();
  const reading = all(readUntil(stream, 'standard input', stopping.signal));
  stopping.abort();
  await assert.rejects(reading, withCode('interrupted'));
  assert.ok(stream.destroyed);
  const late = new PassThrough();
  await assert.rejects(all(readUntil(late, 'x', stopping.signal)), withCode('interrupted'));
  assert.ok(late.destroyed, 'also if the abort came first');
});

test('reports a failed stream as an unreadable file', async () => {
  const stream = new PassThrough();
  stream.destroy(Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'read' }));
  const reading = all(readUntil(stream, 'standard input', new AbortController().signal));
  await assert.rejects(reading, withCode('file_unreadable', /standard input/));
});

test('passes items through, and closes their source when the reader stops', async () => {
  const { signal } = new AbortController();
  let closed = false;
  async function* source() {
    try {
      yield 1;
      yield 2;
    } finally {
      closed = true;
    }
  }
  assert.deepEqual(await all(untilAborted(source(), signal)), [1, 2]);
  closed = false;
  for await (const _ of untilAborted(source(), signal)) break;
  assert.ok(closed);
});

test('does not wait for the next item after an abort', async () => {
  const stopping = new AbortController();
  async function* source() {
    yield 1;
    await new Promise(() => {});
  }
  const items = untilAborted(source(), stopping.signal);
  assert.deepEqual(await items.next(), { value: 1, done: false });
  const next = items.next();
  stopping.abort();
  await assert.rejects(next, withCode('interrupted'));
});
