import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { TOKENS } from '../cli/transfer/helpers/edge.ts';
import { ownEdge, ownFolder } from '../cli/transfer/helpers/uploading.ts';
import { CLI } from '../e2e/harness.ts';
import {
  type OnTerminal,
  onTerminal,
  noTerminal as skip,
  type Typing,
} from '../support/terminal/terminal.ts';

let folder: string;
let program: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edge-upload-terminal-'));
  program = join(folder, 'on-screen.mjs');
  // A bundle starts in a tenth of the time, and this file starts many processes.
  await build({
    entryPoints: [fileURLToPath(new URL('./on-screen.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    // Bundled CommonJS packages call it.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(process.argv[1]);",
    },
  });
});
after(() => rm(folder, { recursive: true, force: true }));

const SUSPEND = { send: '\u001a' };
const INTERRUPT = { send: '\u0003' };
const HIDE = '\u001b[?25l';
const SHOW = '\u001b[?25h';

/** Environment of a terminal that wraps its lines again when its width changes. */
const SCREEN = {
  ...process.env,
  TERM: 'xterm',
  NO_COLOR: undefined,
  TMUX: undefined,
  STY: undefined,
  XTERM_VERSION: undefined,
};

const onScreen = (what: string, answers: Typing, more: Partial<OnTerminal> = {}) =>
  onTerminal({
    argv: [execPath, program, what],
    env: SCREEN,
    answers,
    jobControl: true,
    ...more,
  });

/** Environment of an uploader at a terminal. */
const uploaderAt = (url: string, home: string) => ({
  ...process.env,
  HOME: home,
  TERM: 'xterm',
  EDGE_UPLOAD_URL: url,
  EDGE_UPLOAD_TOKEN: TOKENS[1],
});

/** Whether the cursor is visible after this output. */
const isCursorThere = (shown: string) => shown.lastIndexOf(HIDE) <= shown.lastIndexOf(SHOW);

const QUESTIONS = [
  { what: 'text', prompt: 'Name', typed: 'ada', shown: 'ada', more: ' l', answer: '"ada l"' },
  { what: 'secret', prompt: 'Password', typed: 'correct', shown: '•••••••', more: 'H', answer: '"correctH"' },
  { what: 'confirm', prompt: 'Go on?', typed: 'y', shown: 'y', more: '', answer: '"true"' },
] as const;

const PROGRESS = [
  { what: 'spinner', text: 'Waiting for the distribution' },
  { what: 'bar', text: 'big.bin' },
  { what: 'steps', text: 'waiting for the CloudFront distribution' },
] as const;

for (const { what, prompt, typed, shown: display, more, answer } of QUESTIONS) {
  test(`Ctrl-Z and fg, twice, at a question (${what}): restores the terminal, keeps typed text`, {
    skip,
  }, async () => {
    const { shown, code } = await onScreen(what, [
      [prompt, { send: typed }],
      [display, SUSPEND],
      ['<<stopped echo>>', 'ls'],
      ['<<shell: ls>>', 'fg'],
      [display, SUSPEND],
      ['<<stopped echo>>', 'fg'],
      [display, { send: `${more}\r` }],
      ['<<ended echo>>', null],
    ]);
    assert.equal(code, 0, shown);
    assert.ok(shown.includes(`answer: ${answer}`), shown);
    const [asked = '', after = ''] = shown.split('answer:');
    assert.ok(
      !after.includes(prompt) && !asked.slice(asked.lastIndexOf('\n')).includes(prompt),
      'drawn once more',
    );
    if (what === 'secret') assert.doesNotMatch(asked, /correct/);
    assert.match(shown.slice(shown.lastIndexOf('<<shell: fg>>')), new RegExp(prompt.replace('?', '\\?')));
  });

  test(`Ctrl-C, SIGTERM, hang-up and Ctrl-D at a question (${what})`, {
    skip,
  }, async () => {
    const ends: [string, Typing[number][1], number][] = [
      ['Ctrl-C', INTERRUPT, 130],
      ['SIGTERM', { signal: 'SIGTERM' }, 130],
      ['SIGHUP', { signal: 'SIGHUP' }, 128 + constants.signals.SIGHUP],
      ['Ctrl-D', { send: '\u0004' }, 130],
    ];
    await Promise.all(
      ends.map(async ([name, action, expected]) => {
        const { shown, code } = await onScreen(what, [[prompt, action]]);
        assert.equal(code, expected, `${name}: ${shown}`);
        assert.match(shown, /<<ended echo>>/, name);
        assert.ok(isCursorThere(shown), name);
      }),
    );
  });

  test(`a terminal that closes at a question: the program cleans up before it ends (${what})`, {
    skip,
  }, async () => {
    const { shown, code } = await onScreen(what, [[prompt, null]], { hangUp: true, jobControl: false });
    assert.equal(code, -constants.signals.SIGHUP, shown);
  });
}

for (const { what, text } of PROGRESS) {
  test(`Ctrl-Z and fg, twice, during progress (${what}): shows the cursor meanwhile`, {
    skip,
  }, async () => {
    const { shown, code } = await onScreen(what, [
      [text, SUSPEND],
      ['<<stopped echo>>', 'ls'],
      ['<<shell: ls>>', 'fg'],
      [text, SUSPEND],
      ['<<stopped echo>>', 'fg'],
      [text, INTERRUPT],
    ]);
    assert.equal(code, 130, shown);
    const stops = shown.split('<<stopped echo>>');
    assert.equal(stops.length, 3);
    for (let at = 1; at <= 2; at += 1) {
      assert.ok(isCursorThere(stops.slice(0, at).join('')), JSON.stringify(shown));
      assert.ok(stops[at]?.includes(HIDE), 'it is drawn again');
    }
    assert.ok(isCursorThere(shown));
  });

  test(`SIGTERM, hang-up and resize during progress (${what})`, {
    skip,
  }, async () => {
    const ends: [Typing[number][1], number][] = [
      [{ signal: 'SIGTERM' }, 130],
      [{ signal: 'SIGHUP' }, 128 + constants.signals.SIGHUP],
    ];
    for (const [action, expected] of ends) {
      const { shown, code } = await onScreen(what, [
        [text, { columns: 44 }],
        [text.slice(0, 20), action],
      ]);
      assert.equal(code, expected, shown);
      assert.ok(isCursorThere(shown));
    }
  });
}

test('wraps the reason for asking again between words, on a narrow terminal', {
  skip,
}, async () => {
  const answers: Typing = [
    ['Name', { columns: 40 }],
    ['Name', 'x'],
    ['symbol.', 'ada'],
  ];
  const { shown, code } = await onScreen('rejected', answers);
  assert.equal(code, 0, shown);
  assert.match(
    shown,
    / {2}It needs 7 more characters, an\r\n {2}upper-case letter, a digit and a\r\n {2}symbol\.\r\n/,
  );
});

test('redraws a question after a resize, and keeps a long answer on its line', {
  skip,
}, async () => {
  const long = `${'x'.repeat(100)}end`;
  const { shown, code } = await onScreen('text', [
    ['Name', { send: long }],
    ['…xxx', { columns: 40 }],
    ['xend', { send: '\r' }],
  ]);
  assert.equal(code, 0, shown);
  assert.ok(shown.includes(`answer: ${JSON.stringify(long)}`));
  // The terminal has wrapped 79 columns into two rows of 40: both are drawn again.
  assert.ok(shown.includes('\u001b[1A\u001b[1G\u001b[0J'), JSON.stringify(shown));
});

test('keeps a long answer on its line, also on a terminal of 20 columns', { skip }, async () => {
  const { shown, code } = await onScreen('secret', [
    ['Password', { columns: 20 }],
    ['›', { send: 'x'.repeat(30) }],
    ['…•', { send: '\r' }],
  ]);
  assert.equal(code, 0, shown);
  assert.equal(Math.max(...(shown.match(/•+/g) ?? []).map(({ length }) => length)), 16, shown);
});

test('deletes no line above a question on a terminal that does not wrap its lines again', {
  skip,
}, async () => {
  const answers: Typing = [
    ['Name', { send: 'x'.repeat(60) }],
    ['x'.repeat(60), { columns: 40 }],
    ['…xxx', { send: '\r' }],
  ];
  for (const [name, env, isMovedUp] of [
    ['xterm', { XTERM_VERSION: 'XTerm(390)' }, false],
    ['GNU screen', { STY: '1.pts-0.host' }, false],
    ['tmux in xterm', { XTERM_VERSION: 'XTerm(390)', TMUX: '/tmp/tmux-0/default,1,0' }, true],
    ['others', {}, true],
  ] as const) {
    const { shown, code } = await onScreen('text', answers, { env: { ...SCREEN, ...env } });
    assert.equal(code, 0, shown);
    assert.equal(shown.includes('\u001b[1A'), isMovedUp, name);
  }
});

test('moves no cursor and echoes no password on a dumb terminal', {
  skip,
}, async () => {
  const env = { ...process.env, TERM: 'dumb' };
  const text = await onScreen('text', [['Name', 'ada']], { env });
  assert.ok(text.shown.includes('answer: "ada"'), text.shown);
  const secret = await onScreen(
    'secret',
    [
      ['Password', SUSPEND],
      ['<<stopped echo>>', 'fg'],
      ['Password', 'correct'],
    ],
    { env },
  );
  assert.ok(secret.shown.includes('answer: "correct"'), secret.shown);
  assert.doesNotMatch(secret.shown.split('answer:')[0] ?? '', /correct/);
  for (const { shown } of [text, secret]) assert.ok(!shown.includes('\u001b'), shown);
});

test('waits for fg with a question of a background job', { skip }, async () => {
  const { shown, code } = await onScreen(
    'secret',
    [
      ['<<stopped', 'fg'],
      ['Password', 'correct'],
    ],
    { background: true },
  );
  assert.equal(code, 0, shown);
  assert.ok(shown.includes('answer: "correct"'), shown);
  assert.doesNotMatch(shown.split('answer:')[0] ?? '', /correct/);
});

test('ignores Ctrl-Z if no shell can resume the program', { skip }, async () => {
  const { shown, code } = await onScreen(
    'secret',
    [
      ['Password', { send: 'cor' }],
      ['•••', SUSPEND],
      ['Password', { send: 'rect\r' }],
    ],
    { jobControl: false },
  );
  assert.equal(code, 0, shown);
  assert.ok(shown.includes('answer: "correct"'), shown);
});

test('restores the cursor when suspended, and resumes the upload after fg', { skip }, async (t) => {
  const home = await ownFolder(t);
  await writeFile(join(home, 'f0'), 'f0');
  let release = () => {};
  const free = new Promise<void>((resolve) => {
    release = resolve;
  });
  const edge = await ownEdge(t, async ({ url }) => {
    if (url === '/release') release();
    if (url === '/f0') await free;
    return false;
  });
  const { shown, code } = await onTerminal({
    argv: [execPath, CLI, 'put', join(home, 'f0')],
    env: uploaderAt(edge.url, home),
    jobControl: true,
    answers: [
      ['100%', SUSPEND],
      ['<<stopped echo>>', 'fg'],
      // The progress is drawn again. Only now does the edge respond.
      [HIDE, [execPath, '-e', `fetch('${edge.url}/release', { method: 'PUT', body: '' })`]],
    ],
  });
  assert.equal(code, 0, shown);
  assert.ok(isCursorThere(shown.split('<<stopped')[0] ?? ''));
  assert.ok(edge.stored.has('/f0'));
});

test('restores the cursor when Ctrl-\\ ends an upload', { skip }, async (t) => {
  const home = await ownFolder(t);
  await writeFile(join(home, 'f0'), 'f0');
  const edge = await ownEdge(t, ({ url }) => url === '/f0');
  const { shown, code } = await onTerminal({
    argv: [execPath, CLI, 'put', join(home, 'f0')],
    env: uploaderAt(edge.url, home),
    answers: [['100%', { send: '\u001c' }]],
  });
  assert.notEqual(code, 0);
  assert.ok(isCursorThere(shown), shown);
});
