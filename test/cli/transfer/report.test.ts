import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../cli/errors.ts';
import type { Stored } from '../../../cli/transfer/put-object.ts';
import { createReport } from '../../../cli/transfer/report.ts';
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

test("a file's name cannot forge a line of the report, and is unchanged in JSON", () => {
  const report = createReport('https://edge.example');
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
  const lines = report.result(2).text ?? '';
  assert.equal(flatText(lines).split('\n').length, 2, flatText(lines));
});
