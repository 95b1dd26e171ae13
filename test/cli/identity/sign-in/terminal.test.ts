import assert from 'node:assert/strict';
import { execPath } from 'node:process';
import { test } from 'node:test';
import { runProgram } from '../../../support/programs.ts';
import { workerArgs } from '../../../support/run/worker.ts';
import { noTerminal as skip, type Typing } from '../../../support/terminal/terminal.ts';
import { atTerminal } from '../helpers/at-terminal.ts';
import { NEW_PASSWORD, PASSWORD, type World, world } from '../helpers/world.ts';

const typing = (here: World, args: readonly string[], answers: Typing) =>
  atTerminal(here, workerArgs('bin/main', ...args), answers);

test('changes the temporary password at a terminal, after the pool refuses the first choice', {
  skip,
}, async (t) => {
  const here = await world(t);
  await here.user('ada', { temporary: true });
  const { shown, code } = await typing(
    here,
    ['login', here.url],
    [
      ['User name', 'ada'],
      ['Password', PASSWORD],
      ['at least 12 characters', null],
      ['New password', 'weakling'],
      ['It needs 4 more characters', null],
      ['New password', NEW_PASSWORD],
      ['New password again', NEW_PASSWORD],
    ],
  );
  assert.equal(code, 0, shown);
  assert.match(shown, /Signed in to .* as ada/);
  assert.ok(!shown.includes('weakling'), 'what is typed is not shown');

  const again = await typing(here, ['login', here.url, '--username', 'ada'], [['Password', NEW_PASSWORD]]);
  assert.equal(again.code, 0, again.shown);
});

test('shows a wrong password with --debug at a terminal', { skip }, async (t) => {
  const here = await world(t);
  await here.user('ada');
  here.secret('Wrong-horse-42!');
  const { shown, code } = await typing(
    here,
    ['login', here.url, '--username', 'ada', '--debug'],
    [['Password', 'Wrong-horse-42!']],
  );
  assert.equal(code, 4, shown);
  assert.match(shown, /Incorrect username or password/);
});

test('exits with usage errors at once without a terminal', async (t) => {
  const here = await world(t);
  const env = { PATH: process.env.PATH, HOME: here.home, ...here.env };
  const args = workerArgs('bin/main', 'login', here.url, '--json');
  const { stdout, stderr, code } = await runProgram(execPath, args, { env });
  assert.equal(code, 2, stderr);
  const { error } = JSON.parse(stdout) as { error: { code: string; hint: string } };
  assert.equal(error.code, 'usage');
  assert.match(error.hint, /--username/);
});
