import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STANDALONE_COMMANDS } from '../../../cli/declare/standalone.ts';
import { typed } from '../../support/typed.ts';

const home = import.meta.dirname;
const standalone = (words: readonly string[]) => typed(words, { home, commands: STANDALONE_COMMANDS });

const HAS = [
  'login',
  'put',
  'uploads',
  'whoami',
  'token',
  'logout',
  'password',
  'deployments',
  'doctor',
  'completion',
];

const commandsIn = (help: string) =>
  [...help.matchAll(/^ {2}([a-z]+) ?[^ ]*(?: \S+)? {2,}\S/gm)].map(([, name = '']) => name);

test('lists the commands of the standalone program, and how to get the others', async () => {
  const { code, stdout } = await standalone(['--help']);
  assert.equal(code, 0);
  const listed = commandsIn(stdout);
  for (const name of HAS) assert.ok(listed.includes(name), name);
  assert.ok(!listed.includes('deploy'));
  assert.match(stdout, /npm package: npm install --global edge-upload\n$/);
});

test('refuses every other command with the installation of the npm package', async () => {
  const listed = commandsIn((await standalone(['--help'])).stdout);
  const { stdout } = await typed(['--help'], { home });
  const others = commandsIn(stdout).filter((name) => !listed.includes(name));
  assert.ok(others.includes('deploy') && others.includes('local'));
  for (const name of others) {
    for (const words of [[name], [name, 'create', '--local', '-x'], [name, '--help']]) {
      const { code, stdout, stderr } = await standalone(words);
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' }, name);
      assert.match(stderr, new RegExp(`“${name}” is not part of the standalone program`));
      assert.match(stderr, /\n {2}npm install --global edge-upload\n$/);
    }
  }
  const { code, stdout: json } = await standalone(['deploy', '--json']);
  assert.deepEqual([code, JSON.parse(json).error.code], [2, 'usage']);
});

test('describes shared options in the same words', async () => {
  for (const name of ['login', 'put']) {
    assert.deepEqual(await standalone([name, '--help']), await typed([name, '--help'], { home }));
  }
});

test('suggests only its own commands at TAB', async () => {
  const { stdout } = await standalone(['complete', '--', '']);
  assert.match(stdout, /^put\t/m);
  assert.doesNotMatch(stdout, /^deploy\t/m);
});
