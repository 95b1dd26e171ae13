import assert from 'node:assert/strict';
import { appendFile, mkdir, realpath, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createFilter } from '../../../cli/transfer/sources/filters.ts';
import { Arrivals } from '../../../cli/watch/arrivals.ts';
import { ownFolder } from '../transfer/helpers/uploading.ts';

/** Arrivals of a folder, on a clock that the test advances. */
async function rig(t: TestContext) {
  const folder = await realpath(await ownFolder(t));
  let time = 0;
  const known = new Set<string>();
  const finished: string[] = [];
  const warnings: string[] = [];
  const arrivals = new Arrivals({
    folder,
    prefix: 'p/',
    filter: createFilter({}),
    ownFolders: [],
    settleMs: 2_000,
    ledger: { has: (path) => known.has(path), add() {}, remove() {}, isRecorded: () => true },
    now: () => time,
    signal: new AbortController().signal,
    warn: (text) => warnings.push(text),
    onStored: ({ relative }) => finished.push(relative),
  });
  return {
    folder,
    arrivals,
    known,
    finished,
    warnings,
    file: (name: string) => join(folder, name),
    /** Scans again after some time, and returns the keys that are due. */
    async after(milliseconds: number) {
      time += milliseconds;
      await arrivals.scan();
      return arrivals.due().map(({ key }) => key);
    },
  };
}

test('returns a file once its size and time were unchanged for the quiet time', async (t) => {
  const { arrivals, file, after } = await rig(t);
  await writeFile(file('a'), 'a');
  assert.deepEqual(await after(0), []);
  assert.equal(arrivals.wait(), 2_000);
  assert.deepEqual(await after(1_999), []);
  await appendFile(file('a'), 'b');
  assert.deepEqual(await after(1), []);
  assert.deepEqual(await after(1_000), []);
  // The size is the same.
  await utimes(file('a'), 1, 1);
  assert.deepEqual(await after(1_000), []);
  assert.deepEqual(await after(2_000), ['p/a']);
  assert.deepEqual(await after(9_000), [], 'it is under way');
});

test('does not return a file that was deleted or stored before', async (t) => {
  const { file, after, known, finished } = await rig(t);
  await mkdir(file('sub'));
  for (const name of ['gone', 'sub/known']) await writeFile(file(name), name);
  assert.deepEqual(await after(0), []);
  await rm(file('gone'));
  known.add('sub/known');
  assert.deepEqual(await after(2_000), []);
  assert.deepEqual(finished, ['sub/known']);
});

test('returns a failed file after doubling pauses, and at once when it changed', async (t) => {
  const { arrivals, file, after } = await rig(t);
  await writeFile(file('a'), 'a');
  const dueAfter = async (milliseconds: number) => {
    assert.deepEqual(await after(milliseconds - 1), []);
    assert.deepEqual(await after(1), []);
    assert.deepEqual(await after(2_000), ['p/a']);
    arrivals.end(file('a'), 'failed');
  };
  await after(0);
  assert.deepEqual(await after(2_000), ['p/a']);
  arrivals.end(file('a'), 'failed');
  await dueAfter(10_000);
  await dueAfter(20_000);
  await appendFile(file('a'), 'more');
  assert.deepEqual(await after(0), []);
  assert.deepEqual(await after(2_000), ['p/a']);
});

test('warns once of a folder that is missing for a while', async (t) => {
  const { folder, file, after, warnings } = await rig(t);
  await rm(folder, { recursive: true });
  for (let look = 0; look < 3; look += 1) assert.deepEqual(await after(2_000), []);
  assert.equal(warnings.length, 1);
  await mkdir(folder);
  await writeFile(file('back'), 'back');
  await after(0);
  assert.deepEqual(await after(2_000), ['p/back']);
});
