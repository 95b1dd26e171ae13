import assert from 'node:assert/strict';
import { test } from 'node:test';
import stringWidth from 'fast-string-width';
import { cutEnd, cutMiddle } from '../../../cli/ui/columns.ts';

test('shortens a long name between its beginning and its extension', () => {
  assert.equal(cutMiddle('a-very-long-holiday-name.jpg', 15), 'a-very-…ame.jpg');
  assert.equal(cutMiddle('short.jpg', 15), 'short.jpg');
});

test('shortens a long line at its end', () => {
  assert.equal(cutEnd('waiting for the distribution', 10), 'waiting f…');
  assert.equal(cutEnd('waiting', 7), 'waiting');
});

test('counts wide and combined letters like the terminal, and never cuts them', () => {
  assert.equal(cutEnd('写真写真', 8), '写真写真');
  assert.equal(cutEnd('写真写真', 7), '写真写…');
  assert.equal(cutEnd('写真写真', 6), '写真…');
  assert.equal(cutMiddle('夏休みの写真.jpg', 11), '夏休…真.jpg');
  const family = '👨‍👩‍👧';
  assert.equal(cutEnd(family.repeat(3), 5), `${family.repeat(2)}…`);
  const accented = 'e\u0301'.repeat(10);
  assert.equal(cutMiddle(accented, 10), accented);
  assert.equal(cutMiddle(`${accented}x`, 5), `e\u0301e\u0301…e\u0301x`);
});

test('returns no text wider than its limit', () => {
  const text = '夏a休👩‍👧みe\u0301の写真🇩🇪.jpg'.repeat(3);
  for (let columns = 3; columns < 60; columns += 1) {
    for (const cut of [cutEnd, cutMiddle]) {
      const width = stringWidth(cut(text, columns));
      assert.ok(width <= columns, `${cut.name}, ${columns}: ${width}`);
      assert.ok(width >= Math.min(columns, stringWidth(text)) - 2, `${cut.name}, ${columns}: ${width}`);
    }
  }
});
