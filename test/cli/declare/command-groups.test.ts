import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from '@commander-js/extra-typings';
import { COMMAND_GROUPS } from '../../../cli/declare/command-groups.ts';
import { commandsFor, type Declare } from '../../../cli/program.ts';

function declaredBy(commands: readonly Declare[]) {
  const root = new Command();
  for (const declare of commands) declare(root, async () => {});
  return root.commands;
}

const EVERY = declaredBy(commandsFor(COMMAND_GROUPS));
const named = (name: string) => EVERY.filter((one) => one.name() === name);

test('declares a typed command alone as among all commands', () => {
  const alone = EVERY.filter((one) => one.name() !== 'complete');
  assert.ok(alone.length > 20, `${alone.length} commands`);
  for (const command of alone) {
    const name = command.name();
    const [first, ...more] = declaredBy(commandsFor(COMMAND_GROUPS, name));
    assert.equal(first?.helpInformation(), command.helpInformation(), name);
    assert.deepEqual(named(name).length, 1, name);
    // The completion scripts call a hidden command, next to the one that prints them.
    assert.deepEqual(
      more.map((one) => one.name()),
      name === 'completion' ? ['complete'] : [],
      name,
    );
  }
});

test('declares all commands for help, suggestions and the TAB key', () => {
  for (const word of [undefined, '', '--help', '-V', 'help', 'depoly', 'complete', 'constructor']) {
    assert.equal(declaredBy(commandsFor(COMMAND_GROUPS, word)).length, EVERY.length, word);
  }
});
