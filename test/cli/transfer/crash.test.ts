import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crashAgainAndAgain } from './crash/rig.ts';

// The short form of `npx tsx test/cli/transfer/crash/run.ts`.
test('completes uploads killed at random moments under faults, and leaves nothing open', async () => {
  const report = await crashAgainAndAgain({ runs: 3, seed: 20_261_123, size: 32 * 1024 * 1024, kills: 3 });
  assert.deepEqual(
    report.runs.map(({ same }) => same),
    [true, true, true],
  );
  assert.ok(
    report.runs.some(({ kills }) => kills > 0),
    'at least one process was killed',
  );
  assert.equal(report.open, 0);
  assert.ok(report.ratio > 1, 'all uploads went through the proxy');
});
