import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DigestWorker, openDigester } from '../../../page/transfer/digester.ts';
import { createPool } from '../../../page/transfer/pool.ts';

const CHECK = new Blob(['123456789']);
/** Check value from the catalogue of CRCs. */
const CRC = 0xcbf43926;

/** Returns a worker whose responses a test sets. */
function workerOf(onRequest: (worker: EventTarget, request: { id: number; slice: Blob }) => void) {
  const target = new EventTarget();
  let terminated = false;
  const worker = Object.assign(target, {
    postMessage: (request: { id: number; slice: Blob }) => onRequest(target, request),
    terminate() {
      terminated = true;
    },
  });
  return { worker: worker as DigestWorker, isTerminated: () => terminated };
}

const reply = (data: object) => new MessageEvent('message', { data });

test('returns replies of the worker to their callers in any order', async () => {
  const ids: number[] = [];
  const { worker } = workerOf((target, { id }) => {
    ids.push(id);
    if (ids.length < 3) return;
    target.dispatchEvent(reply({ id: ids[2] }));
    target.dispatchEvent(reply({ id: ids[1], crc: 2 }));
    target.dispatchEvent(reply({ id: ids[0], crc: 1 }));
  });
  const { digest } = openDigester(() => worker);
  const [one, two, three] = await Promise.allSettled([digest(CHECK), digest(CHECK), digest(CHECK)]);
  assert.deepEqual(
    [one, two],
    [
      { status: 'fulfilled', value: 1 },
      { status: 'fulfilled', value: 2 },
    ],
  );
  assert.equal(three?.status === 'rejected' && three.reason.code, 'file_unreadable');
});

test('digests slices without a worker, and with one that fails', async () => {
  const none = openDigester(() => {
    throw new Error('forbidden');
  });
  assert.deepEqual(await Promise.all([none.digest(CHECK), none.digest(CHECK)]), [CRC, CRC]);
  const { worker, isTerminated } = workerOf((target) => target.dispatchEvent(new Event('error')));
  const broken = openDigester(() => worker);
  assert.deepEqual([await broken.digest(CHECK), await broken.digest(CHECK)], [CRC, CRC]);
  assert.ok(isTerminated());
});

test('runs at most the given number of tasks, in order, and skips stopped ones', async () => {
  const pool = createPool(2);
  const { signal } = new AbortController();
  const ran: string[] = [];
  const ends: (() => void)[] = [];
  const work = (name: string) => () =>
    new Promise<void>((resolve) => {
      ran.push(name);
      ends.push(resolve);
    });
  const stop = new AbortController();
  const all = [
    pool.run(signal, work('a')),
    pool.run(signal, work('b')),
    pool.run(stop.signal, work('c')).catch((error: unknown) => (error as { code: string }).code),
    pool.run(signal, work('d')),
  ];
  assert.deepEqual(ran, ['a', 'b']);
  stop.abort();
  ends[0]?.();
  await all[0];
  await new Promise(setImmediate);
  assert.deepEqual(ran, ['a', 'b', 'd']);
  ends[1]?.();
  ends[2]?.();
  assert.deepEqual(await Promise.all(all), [undefined, undefined, 'stopped', undefined]);
});
