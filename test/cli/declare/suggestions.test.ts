import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Command } from '@commander-js/extra-typings';
import { COMMAND_GROUPS } from '../../../cli/declare/command-groups.ts';
import { commandsFor } from '../../../cli/program.ts';
import { typed } from '../../support/typed.ts';

/** The words of a command, and its long flags without hidden ones. */
function* commandsBelow(
  parent: Command,
  words: readonly string[] = [],
): Generator<readonly [words: readonly string[], flags: readonly string[]]> {
  for (const command of parent.commands as readonly Command[]) {
    const typedWords = [...words, command.name()];
    const flags = command.options.flatMap(({ long, hidden }) => (hidden || !long ? [] : [long]));
    // Commander names a missing required option first.
    const isRefused = command.options.some(({ mandatory }) => mandatory);
    if (command.commands.length === 0 && !isRefused) yield [typedWords, flags];
    yield* commandsBelow(command, typedWords);
  }
}

/** Returns the shortest prefix that only this flag has and that is not a flag itself. */
function shortestStart(flag: string, flags: readonly string[]): string | undefined {
  for (let length = 3; length < flag.length; length += 1) {
    const start = flag.slice(0, length);
    if (flags.filter((one) => one.startsWith(start)).length === 1) return start;
  }
  return undefined;
}

test('suggests the only flag that begins with what was typed, for every flag of every command', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'edge-upload-suggestions-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  const root = new Command();
  for (const declare of commandsFor(COMMAND_GROUPS)) declare(root, async () => {});
  let tried = 0;
  for (const [words, flags] of commandsBelow(root)) {
    // The shell calls it with arbitrary words.
    if (words[0] === 'complete') continue;
    for (const flag of flags) {
      const start = shortestStart(flag, flags);
      if (start === undefined) continue;
      const line = [...words, start].join(' ');
      const { code, stderr } = await typed([...words, start], { home });
      assert.equal(code, 2, line);
      assert.ok(
        stderr.startsWith(`error: Unknown option “${start}”. Did you mean ${flag}?\n`),
        `${line}: ${stderr}`,
      );
      tried += 1;
    }
  }
  assert.ok(tried > 300, `${tried} flags`);
});
