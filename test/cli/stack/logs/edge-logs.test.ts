import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineText } from '../../../../cli/stack/logs/edge-logs.ts';

const json = (value: unknown) => JSON.stringify(value);
const timestamp = '2026-11-28T12:00:00.000Z';
const refusal = json({ edge: 'refused', status: 401 });

test('shows the output of the function without Lambda’s own text', () => {
  for (const [event, text, isPlatform] of [
    [json({ timestamp, level: 'INFO', requestId: 'r', message: refusal }), refusal, false],
    [
      json({ timestamp, level: 'ERROR', errorType: 'TypeError', errorMessage: 'x', stackTrace: [] }),
      'TypeError: x',
      false,
    ],
    [json({ time: timestamp, type: 'platform.report', record: {} }), undefined, true],
    // Lambda's text format.
    ['INIT_START Runtime Version: nodejs:22.v9\tRuntime Version ARN: arn:aws:lambda:x', undefined, true],
    ['START RequestId: r Version: 1', undefined, true],
    ['END RequestId: r', undefined, true],
    ['REPORT RequestId: r\tDuration: 1 ms\tBilled Duration: 1 ms', undefined, true],
    ['2026-11-28T12:00:00.000Z r Task timed out after 5.00 seconds', undefined, false],
    ['RequestId: r Error: Runtime exited with error: exit status 1', undefined, false],
    // Other lines are shown unchanged.
    [json({ timestamp, level: 'INFO', message: { own: 'object' } }), undefined, false],
    [json({ edge: 'refused' }), undefined, false],
    ['{"timestamp":"cut o', undefined, false],
    ['', undefined, false],
  ] as const) {
    assert.deepEqual(lineText(event), { text: text ?? event, isPlatform }, event);
  }
});
