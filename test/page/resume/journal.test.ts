import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JournalEntry, memoryJournal } from '../../../page/resume/journal.ts';
import { sampleOf } from '../../../page/transfer/read-file.ts';

const DAY = 24 * 3_600_000;
const ORIGIN = 'https://edge.example';

function entry(key: string, startedAt: number, origin = ORIGIN): JournalEntry {
  const file = { name: key, size: 100, lastModified: 1, sample: '', contentType: 'text/plain' };
  return { origin, key, owner: 'ada', ...file, partSize: 10, uploadId: `id of ${key}`, startedAt };
}

const part = (number: number) => ({ number, size: 10, etag: 'e', crc: number });

test('finds entries with their parts until they are removed or replaced', async () => {
  const journal = memoryJournal(() => 0);
  await journal.begin(entry('b', 2));
  await journal.begin(entry('a', 1));
  await journal.begin(entry('a', 1, 'https://other.example'));
  await journal.add({ origin: ORIGIN, key: 'a' }, part(1));
  await journal.add({ origin: ORIGIN, key: 'a' }, part(3));
  await journal.add({ origin: ORIGIN, key: 'gone' }, part(1));
  assert.deepEqual(
    (await journal.list(ORIGIN)).map(({ entry: { key }, parts }) => [key, parts.map(({ number }) => number)]),
    [
      ['a', [1, 3]],
      ['b', []],
    ],
  );
  await journal.begin(entry('a', 3));
  assert.deepEqual((await journal.find({ origin: ORIGIN, key: 'a' }))?.parts, []);
  await journal.remove({ origin: ORIGIN, key: 'a' });
  assert.equal(await journal.find({ origin: ORIGIN, key: 'a' }), undefined);
  assert.equal((await journal.list('https://other.example')).length, 1);
});

test('drops entries once the bucket has aborted their uploads', async () => {
  let now = 0;
  const journal = memoryJournal(() => now);
  await journal.begin(entry('a', 0));
  now = 7 * DAY;
  assert.equal((await journal.list(ORIGIN)).length, 1);
  now += 1;
  assert.deepEqual(await journal.list(ORIGIN), []);
  assert.equal(await journal.find({ origin: ORIGIN, key: 'a' }), undefined);
});

test('distinguishes files by samples of their first and last bytes', async () => {
  const bytes = () => Buffer.alloc(200_000, 1);
  const changed = (at: number) => {
    const other = bytes();
    other[at] = 2;
    return sampleOf(new Blob([other]));
  };
  const sample = await sampleOf(new Blob([bytes()]));
  assert.match(sample, /^[0-9a-f]{64}$/);
  assert.notEqual(await changed(0), sample);
  assert.notEqual(await changed(199_999), sample);
  assert.equal(await sampleOf(new Blob([bytes()])), sample);
  assert.notEqual(await sampleOf(new Blob([])), await sampleOf(new Blob(['a'])));
});
