import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openJournal } from '../../../page/resume/indexed-db.ts';

const ENTRY = {
  ...{ origin: 'https://edge.example', key: 'a', owner: 'ada', name: 'a', size: 100, lastModified: 1 },
  ...{ sample: '', contentType: 'text/plain', partSize: 10, uploadId: 'id', startedAt: Date.now() },
};

/** A database that opens when the test says so. */
function slowDatabase(t: TestContext) {
  const request: { result?: { close: () => void }; onsuccess?: () => void; onerror?: () => void } = {};
  Object.defineProperty(globalThis, 'indexedDB', { configurable: true, value: { open: () => request } });
  t.after(() => Reflect.deleteProperty(globalThis, 'indexedDB'));
  return request;
}

test('keeps a journal without a database that opens too late, and closes it', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const request = slowDatabase(t);
  const opening = openJournal();
  t.mock.timers.tick(60_000);
  const journal = await opening;
  await journal.begin(ENTRY);
  assert.equal((await journal.find(ENTRY))?.entry.uploadId, 'id');
  const closed = new Promise<void>((close) => {
    request.result = { close };
  });
  request.onsuccess?.();
  await closed;
});

test('keeps a journal without a database that fails late', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const request = slowDatabase(t);
  const opening = openJournal();
  t.mock.timers.tick(60_000);
  const journal = await opening;
  request.onerror?.();
  assert.deepEqual(await journal.list(ENTRY.origin), []);
});
