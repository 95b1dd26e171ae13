import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDiskCalls, whenFree } from '../../../../cli/transfer/sources/disk-calls.ts';
import { withCode } from '../helpers/uploading.ts';

/** Runs calls that take this many milliseconds on this thread. Returns where each ran. */
async function run(count: number, milliseconds: (call: number) => number) {
  let time = 0;
  let call = 0;
  const disk = createDiskCalls(() => time);
  const places: string[] = [];
  for (; call < count; call += 1) {
    const place = disk.run(
      () => {
        time += milliseconds(call);
        return 'here';
      },
      async () => 'elsewhere',
    );
    places.push(await place);
  }
  const here = places.flatMap((place, at) => (place === 'here' ? [at] : []));
  return { here, first: here[0] ?? count };
}

test('runs calls on this thread if the disk is fast, after the first ones', async () => {
  const { here, first } = await run(1000, () => 0.003);
  assert.ok(first > 0 && first < 50);
  assert.equal(here.length, 1000 - first);
});

test('moves more calls to other threads after each slow one', async () => {
  const once = await run(1000, (call) => (call === 100 ? 2 : 0.003));
  assert.deepEqual([once.first, once.here.length], [16, 1000 - 16 - 16]);
  assert.ok(once.here.includes(100) && !once.here.includes(101) && once.here.includes(117));
  const slow = await run(20_000, () => 2);
  assert.ok(slow.here.length < 30, `${slow.here}`);
});

test('does not add up slow calls that are rare', async () => {
  const busy = await run(10_000, (call) => (call % 500 === 499 ? 2 : 0.1));
  assert.ok(busy.here.length > 9_500, `${busy.here.length}`);
});

test('counts a call that fails slowly like one that succeeds', () => {
  let time = 0;
  const disk = createDiskCalls(() => time);
  let elsewhere = 0;
  const call = () =>
    disk.run(
      () => {
        time += 2;
        throw new Error('no such file');
      },
      async () => {
        elsewhere += 1;
      },
    );
  while (elsewhere < 16) void call();
  assert.throws(() => void call(), /no such file/);
  void call();
  assert.equal(elsewhere, 17);
});

test('waits for a descriptor until one is free, or until Ctrl-C', async () => {
  const abort = new AbortController();
  const full = Object.assign(new Error('full'), { code: 'EMFILE' });
  let tries = 0;
  const freeAtThird = async () => {
    tries += 1;
    if (tries < 3) throw full;
    return tries;
  };
  assert.equal(await whenFree(freeAtThird, abort.signal), 3);
  const neverFree = async () => {
    setImmediate(() => abort.abort());
    throw full;
  };
  await assert.rejects(
    whenFree(neverFree, abort.signal, () => true),
    withCode('interrupted'),
  );
});
