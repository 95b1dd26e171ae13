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
  const type = (args: readonly string[], answers: Typing) =>
    onTerminal({ argv: [execPath, CLI, ...args], env, cwd: home, answers });
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
