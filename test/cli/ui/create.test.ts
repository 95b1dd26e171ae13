import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlainRenderer } from '../../../cli/ui/create.ts';
import type { PrintedEvent, TransferEvent } from '../../../cli/ui/events.ts';
import { Screen } from '../../support/streams.ts';

function show(
  events: readonly PrintedEvent[],
  flags: { json?: boolean; quiet?: boolean; debug?: boolean } = {},
  stepMs = 0,
) {
  const stdout = new Screen();
  const stderr = new Screen();
  let at = 0;
  const now = () => new Date(at);
  const renderer = new PlainRenderer({
    stdout,
    stderr,
    now,
    json: false,
    quiet: false,
    debug: false,
    ...flags,
  });
  for (const event of events) {
    at += stepMs;
    renderer.event(event);
  }
  renderer.close();
  return { stdout: stdout.text, stderr: stderr.text };
}

const moving: TransferEvent = {
  type: 'transfer',
  bytes: 50 * 1024 ** 2,
  totalBytes: 100 * 1024 ** 2,
  filesDone: 1,
  totalFiles: 3,
  rate: 10 * 1024 ** 2,
  active: [],
};

test('prints progress as whole lines on stderr, results on stdout', () => {
  const shown = show([
    { type: 'task-started', task: 'Emptying the bucket' },
    { type: 'task-progress', task: 'Emptying the bucket', detail: '10 objects' },
    { type: 'task-done', task: 'Emptying the bucket', detail: '20 objects' },
    { type: 'row', text: 'image.jpg', document: { key: 'image.jpg' } },
  ]);
  assert.equal(shown.stdout, 'image.jpg\n');
  assert.equal(shown.stderr, 'Emptying the bucket: 20 objects\n');
});

test('prints the start of a slow or interleaved step on its own line', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const task = 'Deleting the stack';
  const stderr = new Screen();
  const renderer = new PlainRenderer({
    stdout: new Screen(),
    stderr,
    now: () => new Date(0),
    json: false,
    quiet: false,
    debug: false,
  });
  renderer.event({ type: 'task-started', task });
  assert.equal(stderr.text, '');
  t.mock.timers.tick(2000);
  renderer.event({ type: 'task-done', task });
  assert.equal(stderr.text, 'Deleting the stack…\nDeleting the stack: done\n');
  const stopped = show([
    { type: 'task-started', task },
    { type: 'task-interrupted', task },
  ]);
  assert.equal(stopped.stderr, 'Deleting the stack: interrupted\n');
  const told = show([
    { type: 'task-started', task },
    { type: 'note', text: 'the bucket is kept' },
    { type: 'task-failed', task, detail: 'DELETE_FAILED' },
  ]);
  assert.equal(
    told.stderr,
    'Deleting the stack…\nthe bucket is kept\nDeleting the stack: failed (DELETE_FAILED)\n',
  );
});

test('prints rows with --json as one JSON document per line', () => {
  const { stdout } = show([{ type: 'row', text: 'image.jpg', document: { key: 'a\nb' } }], { json: true });
  assert.deepEqual(stdout.split('\n'), ['{"key":"a\\nb"}', '']);
});

test('prints rows together as it prints single rows', () => {
  const rows = ['a.jpg', 'b\nc'].map((key) => ({ text: key, document: { key } }));
  const single = rows.map((row): PrintedEvent => ({ type: 'row', ...row }));
  for (const json of [false, true]) {
    const { stdout } = show([{ type: 'rows', rows }], { json });
    assert.equal(stdout, show(single, { json }).stdout);
    assert.equal(stdout.split('\n').length, 3);
  }
});

test('prints progress every ten seconds at most, without carriage returns or escapes', () => {
  const often = show(
    Array.from({ length: 25 }, () => moving),
    {},
    1000,
  ).stderr;
  assert.equal(often, '50%  50.0 MiB of 100 MiB  10.0 MiB/s  5 s left  1 of 3 files\n'.repeat(2));
});

test('prints only finished resources, with the reason of a failure', () => {
  const resource = {
    type: 'resource',
    logicalId: 'Bucket',
    resourceType: 'AWS::S3::Bucket',
    at: new Date(0),
  } as const;
  const { stderr } = show([
    { ...resource, status: 'CREATE_IN_PROGRESS' },
    { ...resource, status: 'CREATE_FAILED', reason: 'name taken' },
    { ...resource, status: 'DELETE_SKIPPED', reason: 'retained' },
  ]);
  assert.equal(stderr, '  bucket could not be created: name taken\n  bucket kept\n');
});

test('prints only results and warnings with --quiet, details with --debug', () => {
  const events: PrintedEvent[] = [
    { type: 'note', text: 'by the way' },
    { type: 'warning', text: 'look out' },
    { type: 'debug', text: 'GET /' },
    { type: 'row', text: 'r', document: {} },
  ];
  assert.deepEqual(show(events, { quiet: true }), { stdout: 'r\n', stderr: 'warning: look out\n' });
  assert.match(show(events, { debug: true }).stderr, /^debug: GET \/$/m);
});

test('prints a warning as one line, with any name in it', () => {
  const { stderr } = show([{ type: 'warning', text: 'a\nwarning: forged is skipped' }]);
  assert.equal(stderr, 'warning: a\\x0awarning: forged is skipped\n');
});
