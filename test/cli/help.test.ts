import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertGolden } from '../support/terminal/transcript.ts';
import { typed } from '../support/typed.ts';

async function helpOf(command: string): Promise<string> {
  const words = [...command.split(' '), '--help'].filter(Boolean);
  const { code, stdout } = await typed(words, { home: import.meta.dirname });
  assert.equal(code, 0, command);
  return stdout;
}

/** Returns the names of the commands in a help text. */
function commandsIn(help: string): string[] {
  const listed =
    help.slice(help.search(/^(Commands|For uploaders):/m)).split(/^(?:Examples|Options):/m)[0] ?? '';
  return [...listed.matchAll(/^ {2}(\w+) ?[^ ]*(?: \S+)? {2,}\S/gm)].map(([, name = '']) => name);
}

const OF_ALL = ['--json', '--quiet', '--debug', '--no-color', '--stack-name'];

test('the help of every command equals its golden file and fits 80 columns', async () => {
  const root = await helpOf('');
  const helps = [`$ edge-upload --help\n${root}`];
  for (const name of commandsIn(root).filter((name) => name !== 'help')) {
    const help = await helpOf(name);
    const isGroup = /^Commands:$/m.test(help);
    const nested = isGroup ? commandsIn(help).map((inner) => `${name} ${inner}`) : [];
    if (isGroup) helps.push(`$ edge-upload ${name} --help\n${help}`);
    for (const command of isGroup ? nested : [name]) {
      const text = await helpOf(command);
      for (const option of OF_ALL) assert.ok(text.includes(option), `${command} ${option}`);
      helps.push(`$ edge-upload ${command} --help\n${text}`);
    }
  }
  assert.ok(helps.length > 30, `${helps.length} helps`);
  const all = helps.join('\n');
  // Descriptions begin with a capital letter and have no full stop.
  for (const [line] of all.matchAll(/^ {2}\S.*? {2,}(.*)$/gm)) {
    assert.doesNotMatch(line, /^ {2}\S(?:.*\S)? {2,}[a-z]|[^.]\.$/, line);
  }
  // Commands are never wrapped.
  for (const line of all.split('\n')) assert.ok(line.length <= 80 || line.startsWith('  $ '), line);
  assertGolden(join(import.meta.dirname, 'help.txt'), all);
});
