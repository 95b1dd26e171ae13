import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textsBelow } from '../../scripts/texts.ts';

/** Phrases that readers have to read twice, and words that have a plainer one. */
const UNCLEAR =
  /\b(?:goes on|gone on|taken (?:away|back)|given back|begun|must not hold|be had|heeded|whatever|who ?ever|anew|hence|in passing|stays behind)\b|\btype (?:the same command|edge-upload)/i;

test('no text for users has an unclear phrase', () => {
  const all = [...textsBelow()].flatMap(([file, texts]) =>
    texts.map(({ line, text }) => `${file}:${line} ${text}`),
  );
  assert.ok(all.length > 1000, `${all.length} texts`);
  assert.deepEqual(
    all.filter((text) => UNCLEAR.test(text)),
    [],
  );
});
