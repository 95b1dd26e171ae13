import assert from 'node:assert/strict';
import { test } from 'node:test';
import { progressLine, troubleLine } from '../../../cli/ui/progress-line.ts';

const event = { type: 'transfer', bytes: 0, filesDone: 0, rate: 0, active: [] } as const;

test('files are counted once there are several, against all of them once they are known', () => {
  assert.equal(progressLine(event), '0 B');
  assert.equal(progressLine({ ...event, filesDone: 1200 }), '0 B · 1,200 files so far');
  assert.equal(progressLine({ ...event, filesDone: 1200, totalFiles: 5001 }), '0 B · 1,200 of 5,001 files');
  assert.equal(progressLine({ ...event, totalFiles: 1 }), '0 B');
});

test('trouble of the network is one line, however much waits for another try', () => {
  assert.equal(troubleLine(event), undefined);
  const trouble = { count: 8, noun: 'part' } as const;
  assert.equal(troubleLine({ ...event, trouble }), 'Network trouble on 8 parts; retrying…');
  assert.equal(
    troubleLine({ ...event, trouble: { count: 1, noun: 'file' } }),
    'Network trouble on 1 file; retrying…',
  );
});
