import assert from 'node:assert/strict';
import { test } from 'node:test';
import { progressLine } from '../../../cli/ui/progress-line.ts';

const event = { type: 'transfer', bytes: 0, filesDone: 0, rate: 0, active: [] } as const;

test('files are counted once there are several, against all of them once they are known', () => {
  assert.equal(progressLine(event), '0 B');
  assert.equal(progressLine({ ...event, filesDone: 1200 }), '0 B · 1,200 files so far');
  assert.equal(progressLine({ ...event, filesDone: 1200, totalFiles: 5001 }), '0 B · 1,200 of 5,001 files');
  assert.equal(progressLine({ ...event, totalFiles: 1 }), '0 B');
});
