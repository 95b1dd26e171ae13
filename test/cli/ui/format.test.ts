import assert from 'node:assert/strict';
import { test } from 'node:test';
import { count, formatBytes, formatDuration, formatLimit, wrap, wrapText } from '../../../cli/ui/format.ts';

test('formats bytes in binary units with three digits at most', () => {
  const shown = [0, 1, 1023, 1024, 1536, 10_239, 102_400, 1_048_575, 1024 ** 3, 48.8 * 1024 ** 4].map(
    formatBytes,
  );
  assert.deepEqual(shown, [
    '0 B',
    '1 B',
    '1023 B',
    '1.00 KiB',
    '1.50 KiB',
    '10.0 KiB',
    '100 KiB',
    '1.00 MiB',
    '1.00 GiB',
    '48.8 TiB',
  ]);
});

test('formats limits without unnecessary decimals', () => {
  const shown = [500, 1024 ** 2 * 500, 1024 ** 3 * 5, 1024 ** 3 * 1.5, 1024 ** 3 * 10].map(formatLimit);
  assert.deepEqual(shown, ['500 B', '500 MiB', '5 GiB', '1.5 GiB', '10 GiB']);
});

test('wraps prose between words; keeps commands, tables and long words whole', () => {
  const text = [
    'Read what was kept, now:',
    '  aws s3 ls s3://a-long-bucket',
    'Kept  some long value',
    'in /a/path/longer/than/that now',
  ];
  assert.deepEqual(wrapText(text, 16), [
    'Read what was',
    'kept, now:',
    '  aws s3 ls s3://a-long-bucket',
    'Kept  some long value',
    'in',
    '/a/path/longer/than/that',
    'now',
  ]);
  const path = { head: 'in    ', text: '/a/path of/an application' };
  assert.deepEqual(wrapText(path, 31), [path]);
  assert.deepEqual(wrapText(path, 30), [{ head: 'in', text: '' }, '    /a/path of/an application']);
  const address = { head: 'edge  ', text: 'https://d111111abcdef8.cloudfront.net' };
  assert.deepEqual(wrapText(address, 40), [{ head: 'edge', text: '' }, `    ${address.text}`]);
  assert.deepEqual(wrapText(address, 43), [address]);
  assert.deepEqual(wrapText('a b', 80), ['a b']);
  const sum = { head: '2 stored, 1 failed  ', text: '5.25 MiB in 2.0 s (5.25 KiB/s)' };
  assert.deepEqual(wrapText(sum, 40), [
    { ...sum, text: '5.25 MiB in 2.0 s' },
    '                    (5.25 KiB/s)',
  ]);
  const many = { ...sum, head: '1,234 stored, 1 failed  ' };
  assert.deepEqual(wrapText(many, 40), [{ head: '1,234 stored, 1 failed', text: '' }, `    ${sum.text}`]);
  assert.deepEqual(wrapText(many, 54), [many]);
});

test('formats durations without 60 of a smaller unit', () => {
  const shown = [0, 850, 4200, 59_940, 59_960, 185_000, 3_599_600, 7_805_000, 604_799_000].map(
    formatDuration,
  );
  assert.deepEqual(shown, [
    '0 ms',
    '850 ms',
    '4.2 s',
    '59.9 s',
    '1m 00s',
    '3m 05s',
    '1h 00m',
    '2h 10m',
    '6d 23h',
  ]);
});

test('agrees counts with their noun', () => {
  assert.deepEqual(
    [count(0, 'file'), count(1, 'file'), count(20_000, 'file')],
    ['0 files', '1 file', '20,000 files'],
  );
});

test('wraps text between words, and keeps long words whole', () => {
  assert.deepEqual(wrap('one two three', 7, '  '), ['one two', '  three']);
  assert.deepEqual(wrap('  hint: a-very-long-word b', 10, '  '), ['  hint:', '  a-very-long-word', '  b']);
  assert.deepEqual(wrap('one two', Number.POSITIVE_INFINITY), ['one two']);
});

test('does not break between a number and its unit, or within a time', () => {
  assert.deepEqual(wrap('more than 5 GiB in 30 s or 12 MiB/s', 12), [
    'more than',
    '5 GiB in',
    '30 s or',
    '12 MiB/s',
  ]);
  assert.deepEqual(wrap('valid until 2026-12-05 22:34 UTC', 26), ['valid until', '2026-12-05 22:34 UTC']);
  assert.deepEqual(wrap('5 Buckets', 4), ['5', 'Buckets']);
});

test('does not break a command at the end of a sentence', () => {
  const hint = '  Sign in with: edge-upload login https://d111.cloudfront.net --username ada';
  assert.deepEqual(wrap(hint, 80, '  '), [hint]);
  assert.deepEqual(wrap(hint, 40, '  '), [
    '  Sign in with:',
    '    edge-upload login https://d111.cloudfront.net --username ada',
  ]);
  assert.deepEqual(wrap('token: nobody is here: aws sso login', 30), [
    'token: nobody is here:',
    '  aws sso login',
  ]);
  // A command inside a sentence is wrapped like prose.
  assert.deepEqual(wrap('Sign in: edge-upload login. Then wait', 30), [
    'Sign in: edge-upload login.',
    'Then wait',
  ]);
});
