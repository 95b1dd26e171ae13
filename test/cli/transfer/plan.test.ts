import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_OBJECT, MAX_WHOLE, planUpload } from '../../../cli/transfer/plan.ts';
import {
  DEFAULT_PART,
  MAX_PART,
  MAX_PARTS,
  MIN_PART,
  partOf,
  suitablePartSize,
} from '../../../protocol/parts.ts';
import { withCode } from './helpers/uploading.ts';

const MIB = 1024 ** 2;

test('sends a file in one PUT up to the threshold, and in parts above it', () => {
  const whole = (size: number) => ({ multipart: false, partSize: size, parts: 1 });
  for (const size of [0, 1, MIN_PART - 1, MIN_PART, MIN_PART + 1, DEFAULT_PART - 1, DEFAULT_PART]) {
    assert.deepEqual(planUpload('f', size), whole(size), String(size));
  }
  assert.deepEqual(planUpload('f', DEFAULT_PART + 1), { multipart: true, partSize: DEFAULT_PART, parts: 2 });
});

test('enlarges parts if 10,000 default parts are too few', () => {
  const most = MAX_PARTS * DEFAULT_PART;
  assert.deepEqual(planUpload('f', most - 1), { multipart: true, partSize: 8 * MIB, parts: MAX_PARTS });
  assert.deepEqual(planUpload('f', most), { multipart: true, partSize: 8 * MIB, parts: MAX_PARTS });
  assert.deepEqual(planUpload('f', most + 1), { multipart: true, partSize: 9 * MIB, parts: 8889 });
  assert.deepEqual(planUpload('f', 5e9), { multipart: true, partSize: 8 * MIB, parts: 597 });
  assert.deepEqual(planUpload('f', MAX_OBJECT), { multipart: true, partSize: MAX_PART, parts: MAX_PARTS });
  assert.equal(MAX_OBJECT / 1024 ** 4, 48.828125);
  assert.throws(() => planUpload('f', MAX_OBJECT + 1), withCode('too_large', /48\.8 TiB/));
});

test('plans at most 10,000 parts for every size, within the bounds of S3', () => {
  let size = 1;
  while (size <= MAX_OBJECT) {
    const partSize = suitablePartSize(size);
    assert.ok(partSize >= DEFAULT_PART && partSize <= MAX_PART && partSize % MIB === 0, String(size));
    assert.ok(Math.ceil(size / partSize) <= MAX_PARTS, String(size));
    size = Math.ceil(size * 1.37) + 1;
  }
});

test('uses a given part size within the limits of S3', () => {
  assert.deepEqual(planUpload('f', 3 * MIN_PART, { partSize: MIN_PART }), {
    multipart: true,
    partSize: MIN_PART,
    parts: 3,
  });
  assert.equal(planUpload('f', 3 * MIN_PART + 1, { partSize: MIN_PART }).parts, 4);
  assert.equal(planUpload('f', MIN_PART, { partSize: MIN_PART }).multipart, false);
  assert.equal(planUpload('f', 10_000 * MIN_PART, { partSize: MIN_PART }).parts, 10_000);
  assert.throws(
    () => planUpload('f', 10_000 * MIN_PART + 1, { partSize: MIN_PART }),
    (error) =>
      withCode('usage', /10,001 parts/)(error) && /6M or more/.test((error as { hint: string }).hint),
  );
  for (const partSize of [0, MIN_PART - 1, MAX_PART + 1, 6 * MIB + 0.5]) {
    assert.throws(() => planUpload('f', 1, { partSize }), withCode('usage', /5 MiB to 5 GiB/));
  }
});

test('uses the smallest parts of S3 under a rate limit', () => {
  const limited = { limitRate: MIB };
  assert.equal(planUpload('f', 100 * MIB, limited).partSize, MIN_PART);
  assert.equal(planUpload('f', MAX_PARTS * MIN_PART + 1, limited).partSize, 6 * MIB);
  assert.equal(planUpload('f', 100 * MIB, { ...limited, partSize: 64 * MIB }).partSize, 64 * MIB);
});

test('never sends one PUT with --multipart always, and never parts with never', () => {
  assert.equal(planUpload('f', MAX_WHOLE, { multipart: 'never' }).multipart, false);
  assert.throws(() => planUpload('f', MAX_WHOLE + 1, { multipart: 'never' }), withCode('too_large'));
  assert.deepEqual(planUpload('f', 0, { multipart: 'always' }), {
    multipart: true,
    partSize: DEFAULT_PART,
    parts: 1,
  });
});

test('plans adjacent parts that end where the file ends', () => {
  const size = 3 * MIN_PART + 7;
  const plan = planUpload('f', size, { partSize: MIN_PART });
  assert.deepEqual(
    [1, 2, 3, 4].map((number) => partOf(number, size, plan)),
    [
      { number: 1, from: 0, length: MIN_PART },
      { number: 2, from: MIN_PART, length: MIN_PART },
      { number: 3, from: 2 * MIN_PART, length: MIN_PART },
      { number: 4, from: 3 * MIN_PART, length: 7 },
    ],
  );
});
