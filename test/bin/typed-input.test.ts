import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { type TestContext, test } from 'node:test';
import { TOKENS } from '../cli/transfer/helpers/edge.ts';
import { ownEdge, ownFolder } from '../cli/transfer/helpers/uploading.ts';
import { CLI } from '../e2e/harness.ts';
import { onTerminal, noTerminal as skip, type Typing } from '../support/terminal/terminal.ts';

const END = { send: '\u0004' };
const INTERRUPT = { send: '\u0003' };

async function atTerminal(t: TestContext) {
  const home = await ownFolder(t);
  const edge = await ownEdge(t);
  const env = {
    ...process.env,
    HOME: home,
    TERM: 'xterm',
    EDGE_UPLOAD_URL: edge.url,
    EDGE_UPLOAD_TOKEN: TOKENS[1],
  };
  const type = (args: readonly string[], answers: Typing, more: NodeJS.ProcessEnv = {}) =>
    onTerminal({ argv: [execPath, CLI, ...args], env: { ...env, ...more }, cwd: home, answers });
  return { home, edge, type };
}

test('prints how to end standard input from a terminal, and draws nothing over it', {
  skip,
}, async (t) => {
  const { edge, type } = await atTerminal(t);
  const { shown, code } = await type(
    ['put', '-', '--as', 'note.txt'],
    [
      ['End the input with Ctrl-D', 'hello'],
      ['hello\r\n', END],
    ],
  );
  assert.equal(code, 0, shown);
  assert.equal(edge.stored.get('/note.txt')?.toString(), 'hello\n');
  assert.ok(!shown.slice(0, shown.indexOf('hello')).includes('\u001b[?25l'), 'the cursor is not hidden');
});

test('asks for input from a terminal only once the upload can begin', { skip }, async (t) => {
  const { type } = await atTerminal(t);
  const nameless = await type(['put', '-'], []);
  assert.ok(nameless.shown.includes('Standard input needs a key.'), nameless.shown);
  const signedOut = await type(['put', '-', '--as', 'note.txt'], [], { EDGE_UPLOAD_TOKEN: '' });
  assert.ok(signedOut.shown.includes('Nobody is signed in'), signedOut.shown);
  const list = await type(['put', '--files-from', '-'], [], { EDGE_UPLOAD_TOKEN: '' });
  assert.ok(list.shown.includes('Nobody is signed in'), list.shown);
  for (const { shown } of [nameless, signedOut, list]) assert.ok(!shown.includes('Reading from'), shown);
});

test('refuses to read a secret from a terminal, which would show it', { skip }, async (t) => {
  const { type } = await atTerminal(t);
  for (const flag of ['--password-stdin', '--new-password-stdin']) {
    const { shown, code } = await type(['login', 'https://127.0.0.1:1', '--username', 'ada', flag], []);
    assert.equal(code, 2, shown);
    assert.ok(shown.includes(`${flag} reads from a pipe or a file`), shown);
  }
});

test('starts at the first column after Ctrl-C, over the ^C', { skip }, async (t) => {
  const { home, type } = await atTerminal(t);
  await mkdir(join(home, 'in'));
  const { shown, code } = await type(['watch', 'in'], [['Watching', INTERRUPT]]);
  assert.equal(code, 130, shown);
  assert.ok(shown.includes('^C\u001b[1G0 stored'), shown);
});
