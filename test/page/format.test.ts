import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DE } from '../../page/texts/de.ts';
import { EN } from '../../page/texts/en.ts';
import { formatFor } from '../../page/ui/format.ts';

test('no line of the page is broken between a number and its unit', () => {
  for (const [language, texts] of [
    ['en', EN],
    ['de', DE],
    ['fr', EN],
  ] as const) {
    const format = formatFor(language, texts);
    const shown = [1, 10, 999, 52.4e6, 200e9].map(format.bytes);
    shown.push(...[0, 1, 59, 61, 9000].map(format.duration));
    for (const text of shown) assert.match(text, /^[\d.,]+[\u00a0\u202f]\p{L}+$/u);
  }
  assert.match(formatFor('en', EN).time(new Date()), /\d[\u00a0\u202f][AP]M$/);
});
