import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as zlib from 'node:zlib';
import { crc32, updateCrc32 } from '../../../page/transfer/crc32.ts';
import { readFile } from '../../../page/transfer/read-file.ts';
import { crcOf, readCrc } from '../../../page/transfer/requests.ts';
import { partsOf } from '../../../protocol/parts.ts';
import { seeded } from '../../support/random.ts';

function bytesOf(length: number, random: () => number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, () => random() * 256);
}

test('computes the CRC-32 of any bytes at any offset as zlib does', () => {
  const random = seeded(1);
  const lengths = [0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 255, 4096, 65_537];
  for (const length of lengths) {
    const bytes = bytesOf(length + 8, random);
    for (let from = 0; from < 8; from += 1) {
      const slice = bytes.subarray(from, from + length);
      assert.equal(updateCrc32(slice), zlib.crc32(slice), `${length} bytes from ${from}`);
    }
  }
});

test('computes the CRC-32 of a slice that is read in pieces as zlib does', async () => {
  for (const length of [0, 5, 1024 ** 2, 3 * 1024 ** 2 + 3]) {
    const bytes = Buffer.alloc(length, 'pieces');
    const slice = new Blob([bytes]);
    const getReader = () => {
      throw new TypeError('not a byte stream');
    };
    const plain = Object.assign(new Blob([bytes]), {
      stream: () => ({ getReader }) as unknown as ReadableStream,
    });
    assert.equal(await crc32(slice), zlib.crc32(bytes), `${length} bytes`);
    assert.equal(await crc32(plain), zlib.crc32(bytes), `${length} bytes, without a buffer of one's own`);
  }
});

test('reports a file that became shorter, of which Firefox reads the rest', async () => {
  const rest = new Blob(['rest']);
  for (const noBuffer of [false, true]) {
    const getReader = () => {
      throw new TypeError('not a byte stream');
    };
    const slice = {
      size: 8 * 1024 ** 2,
      stream: () => (noBuffer ? { getReader } : rest.stream()),
      slice: (from: number, to: number) => rest.slice(from, to),
    } as unknown as Blob;
    await assert.rejects(crc32(slice), /shorter/);
  }
  const short = { size: 5, arrayBuffer: () => rest.arrayBuffer() } as unknown as Blob;
  await assert.rejects(readFile(short), { code: 'file_unreadable' });
});

test('combines the CRC-32 of parts in order into that of the whole file', () => {
  const bytes = bytesOf(100_000, seeded(2));
  for (const partSize of [7, 4096, 99_999, 100_000]) {
    const parts = partsOf(bytes.length, { partSize }).map(({ number, from, length }) => ({
      number,
      size: length,
      etag: '',
      crc: updateCrc32(bytes.subarray(from, from + length)),
    }));
    assert.equal(crcOf(parts), zlib.crc32(bytes), `parts of ${partSize}`);
  }
});

test('accepts a checksum of the store only as four bytes in base64', () => {
  assert.equal(readCrc('AAAAAA=='), 0);
  assert.equal(readCrc('/////w=='), 0xffffffff);
  assert.equal(readCrc('NSRBwg=='), 0x352441c2);
  for (const text of [undefined, '', 'NSRBwg', 'NSRBwg==-2', '!!!!!!=='])
    assert.equal(readCrc(text), undefined);
});
