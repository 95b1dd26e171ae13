import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../../cli/errors.ts';
import { createSentCredentials } from '../../../cli/sent-credentials.ts';
import { PlainRenderer } from '../../../cli/ui/create.ts';
import { renderError } from '../../../cli/ui/error.ts';
import type { PrintedEvent } from '../../../cli/ui/events.ts';
import { line, lookOf, PLAIN, painter, Shown, shownLines, visible } from '../../../cli/ui/shown.ts';
import { TerminalRenderer } from '../../../cli/ui/terminal.ts';
import { seeded } from '../../support/random.ts';
import { drawable, Screen } from '../../support/streams.ts';

/** Characters that a terminal interprets or does not show, except our own colours and line ends. */
const DANGEROUS =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}\u200b\u2060\ufeff\u00ad\u3164\u{e0000}-\u{e0fff}]/u;

function withoutOurs(written: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours, and what the spinner draws with
  return written.replace(/\u001b\[(?:\d*(?:;\d+)*m|\?(?:25|2026)[lh]|\d*[AGK])/g, '').replaceAll('\n', '');
}

/** Text with every kind of character that must not reach a screen. */
function hostile(random: () => number): string {
  const parts = [
    '\u001b]0;title\u0007',
    '\u001b[2J',
    '\u009b31m',
    '\u007f',
    '\r',
    '\t',
    '\n',
    '\r\n',
    'error: forged',
    '\u202e',
    '\u2066',
    '\u200f',
    '\u061c',
    '\u2028',
    '\u0085',
    '\ud83d',
    '\udc00',
    '\u{e0041}',
    '\ufeff',
    '\u200b',
    'e\u200d',
    'naïve 文件 😀',
    '%s',
    '\\x1b',
  ];
  const length = 1 + Math.floor(random() * 8);
  return Array.from({ length }, () => parts[Math.floor(random() * parts.length)]).join('');
}

test('escapes control, direction and invisible characters; keeps letters of all scripts', () => {
  const cases: Record<string, string> = {
    'a\u001b[2Jb\rc\u009bd\u007f': 'a\\x1b[2Jb\\x0dc\\x9bd\\x7f',
    'two\nlines\u2028three\u2029\u0085': 'two\\x0alines\\u{2028}three\\u{2029}\\x85',
    'invoice\u202efdp.exe': 'invoice\\u{202e}fdp.exe',
    '\u2066a\u2069\u200e\u200f\u061c': '\\u{2066}a\\u{2069}\\u{200e}\\u{200f}\\u{61c}',
    'ad\u200bmin \ufeff\u00ad\u3164\u{e0041}': 'ad\\u{200b}min \\u{feff}\\xad\\u{3164}\\u{e0041}',
    'lone \ud83d and \udc00': 'lone \\u{d83d} and \\u{dc00}',
    'ad\u200dmin\ufe0f': 'ad\\u{200d}min\\u{fe0f}',
  };
  for (const [text, shown] of Object.entries(cases)) assert.equal(visible(text), shown);
  for (const text of [
    'naïve 文件 😀',
    'e\u0301',
    '👨‍👩‍👧',
    '❤️‍🔥',
    '👩🏽‍🚒',
    'می‌خواهم',
    'عربى',
    'עברית',
    'ไทย',
    '\\x1b',
  ]) {
    assert.equal(visible(text), text);
  }
  const once = visible('\u001b\u202e');
  assert.equal(visible(once), once);
});

test('escapes inserted text; only our own text has styles and line breaks', () => {
  const paint = painter(true);
  assert.equal(`${line`${paint('red', '\u001b[2J')}: ${'a\nb'}`}`, '\u001b[31m\\x1b[2J\u001b[39m: a\\x0ab');
  assert.deepEqual(shownLines('a\nb', PLAIN).map(String), ['a\\x0ab']);
  assert.deepEqual(shownLines(['a', { style: 'bold', text: 'b\n' }], PLAIN).map(String), ['a', 'b\\x0a']);
});

test('prints the same values in JSON, without control or invisible characters', () => {
  const random = seeded(7);
  for (let round = 0; round < 200; round += 1) {
    const value = { [hostile(random)]: hostile(random), list: [hostile(random)] };
    const text = `${Shown.json(value)}`;
    assert.doesNotMatch(text, DANGEROUS);
    assert.deepEqual(JSON.parse(text), value);
  }
});

const KINDS = (text: string): PrintedEvent[] => [
  { type: 'row', text, document: { text } },
  { type: 'row', text: [text, { style: 'dim', text }], document: {} },
  { type: 'row', text: { mark: 'failed', text }, document: {} },
  { type: 'rows', rows: [text, text].map((one) => ({ text: one, document: { text } })) },
  { type: 'note', text },
  { type: 'warning', text: [text, text] },
  { type: 'instruction', text },
  { type: 'debug', text },
  { type: 'heading', text, below: text },
  { type: 'task-started', task: text },
  { type: 'task-progress', task: text, detail: text },
  { type: 'transfer', bytes: 1, filesDone: 0, rate: 1, active: [{ name: text, bytes: 1, size: 2 }] },
  { type: 'resource', logicalId: text, resourceType: text, status: 'CREATE_IN_PROGRESS', at: new Date(0) },
  {
    type: 'resource',
    logicalId: text,
    resourceType: text,
    status: 'CREATE_FAILED',
    reason: text,
    at: new Date(0),
  },
  { type: 'resource', logicalId: text, resourceType: text, status: text, at: new Date(0) },
  { type: 'task-failed', task: text, detail: text },
  { type: 'task-interrupted', task: text },
  { type: 'task-done', task: text, detail: text },
];

function looks(color: boolean) {
  const { paint, symbols } = lookOf(drawable(), { env: {}, platform: 'linux', options: { color } });
  assert.ok(symbols);
  return { look: { paint, symbols } };
}

test('puts no hostile text, and no forged line, of any event on a screen', () => {
  const random = seeded(11);
  for (let round = 0; round < 20; round += 1) {
    const text = hostile(random);
    for (const kind of ['terminal', 'colourless', 'plain', 'json'] as const) {
      const stdout = new Screen();
      const stderr = drawable();
      const common = {
        stdout,
        stderr,
        now: () => new Date(0),
        json: kind === 'json',
        quiet: false,
        debug: true,
      };
      const renderer =
        kind === 'plain' || kind === 'json'
          ? new PlainRenderer(common)
          : new TerminalRenderer({ ...common, ...looks(kind === 'terminal') });
      for (const event of KINDS(text)) renderer.event(event);
      renderer.close();
      for (const { text: written } of [stdout, stderr]) {
        assert.doesNotMatch(withoutOurs(written), DANGEROUS, JSON.stringify({ kind, text }));
        if (!text.startsWith('error: forged')) assert.doesNotMatch(written, /^error: forged/m);
      }
    }
  }
});

test('escapes hostile messages, hints, causes and stacks, with --debug and --json too', () => {
  const random = seeded(13);
  const sent = createSentCredentials();
  for (let round = 0; round < 60; round += 1) {
    const text = hostile(random);
    const cause = new TypeError(text, { cause: Object.assign(new Error(text), { stack: text }) });
    for (const error of [new UserError('disk', text, { hint: text, cause }), cause, text]) {
      for (const json of [true, false]) {
        const [stdout, stderr] = [new Screen(), new Screen({ isTTY: round % 2 === 0 })];
        renderError(error, { json, debug: true, color: true }, { stdout, stderr, sent });
        for (const { text: written } of [stdout, stderr]) {
          assert.doesNotMatch(withoutOurs(written), DANGEROUS, JSON.stringify(text));
          assert.doesNotMatch(withoutOurs(written.replace(/^[^\n]*\n/, '\n')), /^error: forged/m);
        }
        if (json) assert.ok(JSON.parse(stdout.text).error.message.includes(text));
      }
    }
  }
});

test('writes text in one place, and creates lines of text nowhere else', () => {
  const root = join(import.meta.dirname, '../../../cli');
  for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const source = readFileSync(join(root, file), 'utf8');
    // `get` writes the bytes of an object.
    if (![join('ui', 'shown.ts'), join('commands', 'get.ts')].includes(file))
      assert.doesNotMatch(source, /std(out|err)\.write\(/, file);
    if (/^(commands|identity|transfer|stack)/.test(file)) {
      assert.doesNotMatch(
        source,
        /\b(?:text|hint): (?:[`'][^`\n]*\\n|.*\.join\('\\n'\))|^\s*\]\.join\('\\n'\),?$/m,
        file,
      );
    }
  }
});
