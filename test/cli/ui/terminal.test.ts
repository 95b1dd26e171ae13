import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { PrintedEvent } from '../../../cli/ui/events.ts';
import { lookOf } from '../../../cli/ui/shown.ts';
import { TerminalRenderer } from '../../../cli/ui/terminal.ts';
import { drawable } from '../../support/streams.ts';

const MIB = 1024 ** 2;

interface Terminal {
  readonly columns?: number;
  readonly env?: Record<string, string>;
}

/** Draws events one second apart. `lines` are the final lines; `drawn` is everything that was written. */
function draw(events: readonly PrintedEvent[], { columns = 80, env = {} }: Terminal = {}) {
  const stderr = drawable(columns);
  const { paint, symbols } = lookOf(stderr, { env, platform: 'linux', options: { color: true } });
  assert.ok(symbols);
  const look = { paint, symbols };
  let at = 0;
  const now = () => new Date(at);
  const renderer = new TerminalRenderer({
    stdout: stderr,
    stderr,
    now,
    quiet: false,
    debug: false,
    look,
  });
  for (const event of events) {
    renderer.event(event);
    at += 1000;
  }
  renderer.close();
  const drawn = stripVTControlCharacters(stderr.text);
  return { drawn, lines: drawn.split('\n').slice(0, -1) };
}

test('prints a step’s result beside it, or below it if the line would break', () => {
  const [task, detail] = ['Counting what the bucket holds', '2 objects, 5.72 MiB'];
  const whole = `✔ ${task}  ${detail}`;
  const events: PrintedEvent[] = [
    { type: 'task-done', task, detail },
    { type: 'task-done', task },
    { type: 'task-failed', task, detail },
  ];
  const split = { [whole.length]: '  ', [whole.length - 1]: '\n  ' };
  for (const [columns, between] of Object.entries(split)) {
    const { drawn } = draw(events, { columns: Number(columns) });
    assert.equal(drawn, `✔ ${task}${between}${detail}\n✔ ${task}\n✖ ${task}${between}${detail}\n`);
  }
});

test('does not mark a step as failed that Ctrl-C ended', () => {
  const { drawn } = draw([{ type: 'task-interrupted', task: 'Deleting the stack' }]);
  assert.equal(drawn, '- Deleting the stack  interrupted\n');
});

const resource = (type: string, status: string): PrintedEvent => ({
  type: 'resource',
  logicalId: type,
  resourceType: `AWS::${type}`,
  status,
  at: new Date(0),
});

test('prints the seconds of each step, and the changes of a stack', () => {
  const task = 'Updating the stack';
  const { drawn } = draw([
    { type: 'heading', text: 'Deploying edge-upload' },
    { type: 'task-started', task },
    resource('S3::BucketPolicy', 'UPDATE_COMPLETE'),
    resource('Lambda::Function', 'CREATE_COMPLETE'),
    resource('IAM::Role', 'CREATE_COMPLETE'),
    resource('CloudFormation::Stack', 'UPDATE_COMPLETE'),
    { type: 'task-done', task },
  ]);
  assert.match(drawn, /^Deploying edge-upload\n/);
  assert.match(
    drawn,
    /✔ Updating the stack {2}5\.0 s\n {2}created IAM role, edge function; updated bucket policy\n$/,
  );
});

test('prints a failed change of the stack on its own line with the reason', () => {
  const failed = { ...resource('S3::Bucket', 'CREATE_FAILED'), reason: 'name taken' } as PrintedEvent;
  const { drawn } = draw([{ type: 'task-started', task: 'Creating the stack' }, failed]);
  assert.match(drawn, / {2}✖ bucket could not be created: name taken\n/);
});

test('keeps the width of an upload’s bar, and every line within the terminal', () => {
  const sent = (bytes: number, rate: number): PrintedEvent => ({
    type: 'transfer',
    bytes,
    totalBytes: 1000 * MIB,
    filesDone: 1,
    totalFiles: 3,
    rate,
    active: [
      { name: 'a-folder/with-a-name/as-long-as-names-of-files-may-ever-become.bin', bytes, size: bytes },
    ],
  });
  for (const [columns, bar] of [
    [80, 22],
    [120, 30],
    [60, 0],
  ] as const) {
    const [begun, half] = [
      draw([sent(0, 0)], { columns }).drawn,
      draw([sent(500 * MIB, 9.9 * MIB)], { columns }).drawn,
    ];
    assert.equal(/░*/.exec(begun.slice(2))?.[0].length, bar);
    assert.equal(/█*░*/.exec(half.slice(2))?.[0], '█'.repeat(bar / 2) + '░'.repeat(bar / 2));
    assert.match(half, /50% {2}500 MiB of 1000 MiB {2}9\.90 MiB\/s {2}51 s left/);
    for (const one of half.split('\n')) assert.ok(one.length <= columns, one);
  }
});

test('wraps prose behind its mark; marks are ASCII on terminals without UTF-8', () => {
  const text = 'Failed image.jpg: the edge refuses files of more than five gibibytes.';
  const row: PrintedEvent = { type: 'row', text: { mark: 'failed', text }, document: {} };
  assert.deepEqual(draw([row], { columns: 60 }).lines, [
    '✖ Failed image.jpg: the edge refuses files of more than five',
    '  gibibytes.',
  ]);
  for (const env of [{ LC_ALL: 'C' }, { LANG: 'en_US.ISO-8859-1' }, { TERM: 'linux' }]) {
    assert.equal(draw([row], { env }).drawn, `x ${text}\n`);
  }
  for (const env of [{}, { LANG: 'C.UTF-8' }, { LC_ALL: 'en_US.utf8', LANG: 'C' }]) {
    assert.equal(draw([row], { env }).drawn, `✖ ${text}\n`);
  }
});
