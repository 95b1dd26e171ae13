import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filesLine, progressLine, troubleLine } from '../../../cli/ui/progress-line.ts';

const event = { type: 'transfer', bytes: 0, filesDone: 0, rate: 0, active: [] } as const;

test('counts several files, against all of them once they are known', () => {
  assert.equal(filesLine(event), undefined);
  assert.equal(filesLine({ ...event, filesDone: 1200 }), '1,200 files so far');
  assert.equal(filesLine({ ...event, filesDone: 1200, totalFiles: 5001 }), '1,200 of 5,001 files');
  assert.equal(filesLine({ ...event, totalFiles: 1 }), undefined);
});

test('shows share, rate and time left once they are known', () => {
  assert.equal(progressLine(event), '0 B');
  const moving = { ...event, bytes: 512, totalBytes: 2048, rate: 256 };
  assert.equal(progressLine(moving), '25%  512 B of 2.00 KiB  256 B/s  6 s left');
  assert.equal(progressLine({ ...moving, bytes: 2048 }), '100%  2.00 KiB of 2.00 KiB  256 B/s');
});

test('shows the share of empty files by their number', () => {
  const empty = { ...event, totalBytes: 0, totalFiles: 400, filesDone: 100 };
  assert.equal(progressLine(empty), '25%');
  assert.equal(filesLine(empty), '100 of 400 files');
  assert.equal(progressLine({ ...empty, totalFiles: 1, filesDone: 0 }), '0%');
});

test('shows the bytes read of a stream, then also the bytes sent', () => {
  assert.equal(progressLine({ ...event, readBytes: 0 }), '0 B read');
  assert.equal(progressLine({ ...event, readBytes: 2048 }), '2.00 KiB read');
  assert.equal(
    progressLine({ ...event, bytes: 512, readBytes: 2048, rate: 256 }),
    '512 B of 2.00 KiB read  256 B/s',
  );
});

test('shows network trouble as one line, however many requests wait for a retry', () => {
  assert.equal(troubleLine(event), undefined);
  const trouble = { count: 8, noun: 'part' } as const;
  assert.equal(troubleLine({ ...event, trouble }), 'Network trouble on 8 parts; retrying…');
  assert.equal(
    troubleLine({ ...event, trouble: { count: 1, noun: 'file' } }),
    'Network trouble on 1 file; retrying…',
  );
});
