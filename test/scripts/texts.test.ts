import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textsBelow } from '../../scripts/texts.ts';

/** Phrases that readers have to read twice, and words with a plainer synonym. */
const UNCLEAR =
  /\b(?:goes on|gone on|taken (?:away|back)|given back|begun|must not hold|be had|heeded|whatever|who ?ever|anew|hence|in passing|stays behind)\b|\btype (?:the same command|edge-upload)/i;

/** Two commands on one line, which cannot be copied. Examples can have remarks next to them. */
const TWO_COMMANDS = /\S: (?:edge-upload|aws|npm) .*\S {3,}\S/;

test('no text for users has an unclear phrase, or two commands on one line', () => {
  const all = [...textsBelow()].flatMap(([file, texts]) =>
    texts.map(({ line, text }) => ({ text, where: `${file}:${line} ${text}` })),
  );
  assert.ok(all.length > 1000, `${all.length} texts`);
  assert.deepEqual(
    all.filter(({ text }) => UNCLEAR.test(text) || TWO_COMMANDS.test(text)).map(({ where }) => where),
    [],
  );
});
