import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InUse } from '../../../cli/command-line.ts';
import { UserError } from '../../../cli/errors.ts';
import type { Stored } from '../../../cli/transfer/put-object.ts';
import { UploadReport } from '../../../cli/transfer/report.ts';
import type { UiEvent } from '../../../cli/ui/events.ts';
import { flatText } from '../../support/flat.ts';

const stored: Stored = {
  bytes: 3,
  etag: 'abc',
  proof: { algorithm: 'crc32', value: 'AAAAAA==' },
  parts: 1,
  attempts: 1,
  resumedBytes: 0,
};

const textOf = (event: UiEvent) => (event.type === 'row' ? flatText(event.text) : '');

test('keeps a file name from forging a line of the report, and unchanged in JSON', () => {
  let time = 0;
  const report = new UploadReport('https://edge.example', { inUse: new InUse(), now: () => time });
  const forged = 'a\n    9 MiB     1 ms  forged';
  const item = { kind: 'file', name: forged, key: forged, path: '/a' } as const;
  const error = new UserError('access_denied', `${forged} cannot be read.`);
  const rows = [
    report.add({ item, seconds: 1, result: { stored } }),
    report.add({ item, seconds: 1, result: { error } }),
  ];
  for (const row of rows) {
    assert.match(textOf(row), /a\\x0a {4}9 MiB/);
    assert.ok(!textOf(row).includes('\n'));
    assert.equal(row.type === 'row' && row.document.file, forged);
  }
  time = 2000;
  assert.equal(flatText(report.result().text), '1 stored, 1 failed  3 B in 2.0 s (2 B/s)');
  // The failed files are named again at the end, because their lines may have scrolled off the screen.
  for (let more = 0; more < 19; more += 1) report.add({ item, seconds: 1, result: { error } });
  const lines = flatText(report.result().text).split('\n');
  assert.equal(lines.length, 1 + 20 + 1, 'a heading, a line for each, the sum');
  assert.equal(lines.at(-1), '1 stored, 20 failed  3 B in 2.0 s (2 B/s)');
});

test('shows the hint of an error in full, and once for the same hint', () => {
  const report = new UploadReport('https://edge.example', { inUse: new InUse(), now: () => 0 });
  const item = { kind: 'file', name: 'a', key: 'a', path: '/a' } as const;
  const rename = ['Rename it:', '  edge-upload put <file> --as <key>'];
  const other = ['Rename the folder:', '  edge-upload put <file> --as <key>'];
  const shown = [rename, other, rename].map((hint) =>
    textOf(
      report.add({ item, seconds: 1, result: { error: new UserError('bad_key', 'a is bad.', { hint }) } }),
    ),
  );
  const below = (hint: readonly string[]) => hint.map((one) => `  ${one}`);
  assert.deepEqual(
    shown.map((text) => text.split('\n').slice(1)),
    [below(rename), below(other), []],
  );
});

test('prints no rate if no byte was sent: for empty files, and for those that were stored before', () => {
  for (const [bytes, resumedBytes, sum] of [
    [0, 0, '2 stored  0 B in 2.0 s'],
    [3, 3, '2 stored  6 B in 2.0 s'],
    [3, 1, '2 stored  6 B in 2.0 s (2 B/s)'],
  ] as const) {
    let time = 0;
    const report = new UploadReport('https://edge.example', { inUse: new InUse(), now: () => time });
    const item = { kind: 'file', name: 'a', key: 'a', path: '/a' } as const;
    for (let file = 0; file < 2; file += 1) {
      report.add({ item, seconds: 1, result: { stored: { ...stored, bytes, resumedBytes } } });
    }
    time = 2000;
    assert.equal(flatText(report.result().text), sum);
  }
});

test('prints neither time nor rate for an upload that waited for files', () => {
  const report = new UploadReport('https://edge.example', {
    inUse: new InUse(),
    now: () => 0,
    hasRate: false,
  });
  report.add({ item: { kind: 'file', name: 'a', key: 'a', path: '/a' }, seconds: 1, result: { stored } });
  assert.equal(flatText(report.result().text ?? textOf(report.soFar())), '1 stored  3 B');
});
