import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { workerArgs } from '../support/run/worker.ts';

test('grows the young generation once, and keeps compiled code valid', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, workerArgs('test/bin/young-objects-child'));
  const { bound, most, isRefusedAtExit } = JSON.parse(stdout) as {
    bound: number;
    most: number;
    isRefusedAtExit: boolean;
  };
  // Node 26 counts pages that it is about to free.
  assert.ok(most < bound + 8, `${bound} MiB became ${most} MiB`);
  assert.equal(isRefusedAtExit, false);
});
