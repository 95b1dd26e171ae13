import type { Command as Commander } from 'commander';
import type { Context } from '../context.ts';
import { type Cursor, findCursor } from './cursor.ts';
import { fileKind, knownValues, type Suggestion } from './values.ts';

/**
 * What the shell does in addition to the suggestions, as numbers of Cobra's protocol, which the shell scripts
 * implement.
 */
const DIRECTIVE = { files: 0, nothing: 4, folders: 16 } as const;

export interface Suggestions {
  readonly suggestions: readonly Suggestion[];
  readonly directive: number;
}

/** Shells show no longer list. */
const MAX_SUGGESTIONS = 200;

/** Characters that a shell would run or hide. The scripts treat a leading `%` as a comment. */
const UNSAFE = /^%|[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/u;

/**
 * Returns what can be typed at the end of a command line. Reads only local files.
 * @param words Without the program's name. The last one is at the cursor and can be empty.
 */
export async function suggest(
  context: Context,
  root: Commander,
  words: readonly string[],
): Promise<Suggestions> {
  const cursor = findCursor(root, words);
  const { word, option, argument } = cursor;
  const found = [...namesAt(cursor), ...(await knownValues(context, cursor, words))];
  const suggestions = found
    .filter(({ value }) => value.startsWith(word) && !UNSAFE.test(value))
    .slice(0, MAX_SUGGESTIONS);
  // Shells that complete file names do so only without other suggestions.
  const kind = suggestions.length > 0 ? 'nothing' : fileKind(option, argument);
  return { suggestions, directive: DIRECTIVE[kind] };
}

/** Returns flags if the word starts like one, otherwise subcommands. */
function namesAt({ command, flags, subcommands, word }: Cursor): readonly Suggestion[] {
  const help = command.createHelp();
  if (!word.startsWith('-')) {
    if (!subcommands) return [];
    const commands = help.visibleCommands(command);
    return commands.map((one) => ({ value: one.name(), description: one.description() }));
  }
  if (!flags) return [];
  return help.visibleOptions(command).flatMap(({ long, short, description }) => {
    const value = long ?? short;
    return value === undefined ? [] : [{ value, description }];
  });
}
