import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { XMLValidator } from 'fast-xml-parser';
import { recordingSvg } from '../../scripts/recording-svg.ts';
import { TerminalScreen } from '../../scripts/terminal-screen.ts';
import { screenLines } from '../support/terminal/screen-lines.ts';

const ROOT = join(import.meta.dirname, '../..');

test('keeps the final screen', () => {
  assert.deepEqual(screenLines('one\r\ntwo\r\n', 20), ['one', 'two']);
  assert.deepEqual(screenLines('\u001b[?25l⠋ working\u001b[1G\u001b[0K✔ done\r\n', 20), ['✔ done']);
  assert.deepEqual(screenLines('first\r\nsecond\u001b[1G\u001b[0K\u001b[1A\u001b[0Kthird', 20), ['third']);
  assert.deepEqual(screenLines('abcdef', 4), ['abcd', 'ef'], 'a long line continues below');
});

test('keeps colours, and ends them where the output does', () => {
  const screen = new TerminalScreen(20);
  screen.write('\u001b[32m✔\u001b[39m \u001b[1mb\u001b[22mc\u001b[2md\u001b[0m');
  assert.deepEqual(screen.lines()[0], [
    { text: '✔', style: [32] },
    { text: ' ', style: [] },
    { text: 'b', style: [1] },
    { text: 'c', style: [] },
    { text: 'd', style: [2] },
  ]);
});

test('draws valid XML for lines with any text', () => {
  const svg = recordingSvg([{ at: 1, runs: [{ text: '<a> & "b"', style: [1, 31] }] }], 'a < b');
  assert.equal(XMLValidator.validate(svg), true);
  assert.match(svg, /<tspan class="b r">&#60;a&#62; &#38; "b"<\/tspan>/);
});

/** Returns the plain words of a screen, without values such as times and ids, however its lines are wrapped. */
function plainWords(screen: string): string[] {
  return screen.split(/\s+/).filter((word) => /^[A-Za-z]{3,}[.,;]?$/.test(word));
}

test('the recorded demo shows the words that the demo prints', () => {
  const svg = readFileSync(join(ROOT, 'docs/demo.svg'), 'utf8');
  assert.equal(XMLValidator.validate(svg), true);
  const recorded = svg.replaceAll(/<style>.*?<\/style>|<title>.*?<\/title>/gs, '').replaceAll(/<[^>]*>/g, '');
  const golden = readFileSync(join(ROOT, 'test/e2e/screens/demo.txt'), 'utf8').replace(/^.*\n/, '');
  const printed = plainWords(golden);
  assert.ok(printed.length > 100);
  assert.deepEqual(plainWords(recorded), printed, 'record it again: npm run record');
});
