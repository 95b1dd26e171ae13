import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { type ALGORITHMS, objectChecksum, openDigester } from '../../../cli/transfer/integrity.ts';

async function digest(algorithm: (typeof ALGORITHMS)[number], ...pieces: Buffer[]): Promise<Buffer> {
  const hasher = (await openDigester(algorithm)).create();
  for (const piece of pieces) hasher.update(piece);
  return hasher.digest();
}

test('computes the published check value of each algorithm', async () => {
  // https://reveng.sourceforge.io/crc-catalogue/all.htm, “check”; FIPS 180-4 for SHA-256 of "abc".
  const check = Buffer.from('123456789');
  assert.equal((await digest('crc32', check)).toString('hex'), 'cbf43926');
  assert.equal((await digest('crc32c', check)).toString('hex'), 'e3069283');
  assert.equal((await digest('crc64nvme', check)).toString('hex'), 'ae8b14860a799888');
  assert.equal(
    (await digest('sha256', Buffer.from('abc'))).toString('hex'),
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});

test('combines the parts’ CRCs into that of the whole', async () => {
  for (const algorithm of ['crc32', 'crc32c', 'crc64nvme'] as const) {
    for (const sizes of [[0], [1], [10], [5, 5], [1000, 1000, 1000, 17], [3, 0, 70_000]]) {
      const parts = sizes.map((size) => randomBytes(size));
      const digests = await Promise.all(
        parts.map(async (part) => ({ size: part.length, digest: await digest(algorithm, part) })),
      );
      assert.deepEqual(objectChecksum(algorithm, digests), {
        type: 'FULL_OBJECT',
        value: (await digest(algorithm, ...parts)).toString('base64'),
      });
    }
  }
});

test('computes the SHA-256 of parts as S3’s checksum of checksums', async () => {
  const parts = [randomBytes(10), randomBytes(20)];
  const digests = await Promise.all(
    parts.map(async (part) => ({ size: part.length, digest: await digest('sha256', part) })),
  );
  const whole = createHash('sha256').update(Buffer.concat(digests.map((part) => part.digest)));
  assert.deepEqual(objectChecksum('sha256', digests), {
    type: 'COMPOSITE',
    value: `${whole.digest('base64')}-2`,
  });
});
