import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListedPart } from '../../../../cli/transfer/multipart/listings.ts';
import { reconcile } from '../../../../cli/transfer/multipart/listings.ts';
import type { StoredPart } from '../../../../cli/transfer/multipart/requests.ts';
import type { Plan } from '../../../../cli/transfer/plan.ts';
import { partOf } from '../../../../protocol/parts.ts';
import { seeded } from '../../../support/random.ts';

/** Returns a journal and a list of the store that agree on some parts and not on others. */
function contradiction(random: () => number) {
  const parts = 1 + Math.floor(random() * 12);
  const partSize = 100;
  const size = (parts - 1) * partSize + 1 + Math.floor(random() * partSize);
  const plan: Plan = { multipart: true, partSize, parts };
  const recorded = new Map<number, StoredPart>();
  const listed: ListedPart[] = [];
  const pick = <T>(...values: T[]): T => values[Math.floor(random() * values.length)] as T;
  for (let number = 0; number <= parts + 2; number += 1) {
    const { length } = partOf(Math.max(1, number), size, plan);
    const etag = () => pick('a', 'a', 'a', 'b');
    const checksum = () => pick('x', 'x', 'x', 'y');
    const bytes = () => pick(length, length, length, length + 1, 0);
    if (random() < 0.7) recorded.set(number, { number, size: bytes(), etag: etag(), checksum: checksum() });
    if (random() < 0.7) {
      const part = { number, size: bytes(), etag: etag() };
      listed.push(random() < 0.8 ? { ...part, checksum: checksum() } : part);
    }
  }
  return { size, plan, recorded, listed };
}

test('keeps a part only if journal and store agree on the right bytes', () => {
  for (let seed = 1; seed <= 2000; seed += 1) {
    const { size, plan, recorded, listed } = contradiction(seeded(seed));
    const { kept, doubtful } = reconcile(size, plan, recorded, listed);
    const numbers = [...kept, ...doubtful].map(({ number }) => number);
    assert.equal(new Set(numbers).size, numbers.length, `seed ${seed}: no part counts twice`);
    for (const number of numbers)
      assert.ok(number >= 1 && number <= plan.parts, `seed ${seed}: part ${number}`);
    for (const part of kept) {
      const theirs = listed.find(({ number }) => number === part.number);
      assert.equal(part, recorded.get(part.number), `seed ${seed}`);
      assert.equal(part.size, partOf(part.number, size, plan).length, `seed ${seed}`);
      assert.equal(theirs?.size, part.size, `seed ${seed}`);
      assert.equal(theirs?.etag, part.etag, `seed ${seed}`);
      assert.ok([undefined, part.checksum].includes(theirs?.checksum), `seed ${seed}`);
    }
    for (const part of doubtful) {
      assert.ok(listed.includes(part), `seed ${seed}: only the store's parts can be looked at`);
      assert.equal(part.size, partOf(part.number, size, plan).length, `seed ${seed}`);
    }
  }
});

test('keeps all parts that the store confirms, and sends the others', () => {
  const plan = { multipart: true, partSize: 10, parts: 3 };
  const recorded = new Map(
    [1, 2, 3].map((number) => [number, { number, size: number === 3 ? 5 : 10, etag: 'e', checksum: 'c' }]),
  );
  assert.equal(reconcile(25, plan, recorded, [...recorded.values()]).kept.length, 3);
  assert.deepEqual(reconcile(25, plan, recorded, []), { kept: [], doubtful: [] });
  assert.equal(reconcile(25, plan, new Map(), [...recorded.values()]).doubtful.length, 3);
});
