import assert from 'node:assert/strict';
import { constants } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { type BufferedPart, bufferedParts } from '../../../../cli/transfer/multipart/buffered-parts.ts';
import { withCode } from '../helpers/uploading.ts';

const piecesOf = (bytes: Buffer, size: number) =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    ),
  );

test('fills all parts but the last, however the stream is divided', async () => {
  for (const length of [0, 1, 99, 100, 101, 200, 1234]) {
    const bytes = randomBytes(length);
    for (const piece of [1, 7, 100, 333, 2000]) {
      const parts: BufferedPart[] = [];
      for await (const part of bufferedParts(piecesOf(bytes, piece), 100)) parts.push(part);
      assert.ok(Buffer.concat(parts.map((part) => part.bytes)).equals(bytes));
      assert.deepEqual(
        parts.map((part) => [part.number, part.bytes.length]),
        Array.from({ length: Math.ceil(length / 100) }, (_, at) => [
          at + 1,
          Math.min(100, length - at * 100),
        ]),
      );
    }
  }
});

test('uses memory again only after its release', async () => {
  const bytes = randomBytes(2050);
  const memory = new Set<ArrayBufferLike>();
  const held: BufferedPart[] = [];
  let number = 0;
  for await (const part of bufferedParts(piecesOf(bytes, 77), 100)) {
    memory.add(part.bytes.buffer);
    held.push(part);
    number += 1;
    for (const { number, bytes: kept } of held) {
      assert.ok(kept.equals(bytes.subarray((number - 1) * 100, number * 100)), `part ${number} is unchanged`);
    }
    if (held.length === 3) held.shift()?.release();
  }
  assert.equal(number, 21);
  assert.equal(memory.size, 3);
});

test('refuses a part that does not fit in memory', async () => {
  const parts = bufferedParts(Readable.from([Buffer.from('x')]), constants.MAX_LENGTH + 1);
  await assert.rejects(parts.next(), withCode('usage', /does not fit in memory/));
});
