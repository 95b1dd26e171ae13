import type { Argument, Command as Commander, Option } from 'commander';

/** What is typed at the cursor of an unfinished command line. */
export interface Cursor {
  /** The command that the words before the cursor name. */
  readonly command: Commander;
  /** Its names below the program's: `uploads abort`. */
  readonly path: string;
  /** Beginning of the word under the cursor; the part after `=` for `--flag=value`. */
  readonly word: string;
  /** The option whose value is typed. */
  readonly option?: Option;
  /** The argument that is typed, if the command takes another one. */
  readonly argument?: Argument;
  /** Flags can stand here. */
  readonly flags: boolean;
  /** Subcommands can stand here. */
  readonly subcommands: boolean;
}

/** Returns the option of `-x`, `-abx` or `--name`. */
function findOption(command: Commander, flag: string): Option | undefined {
  if (flag.startsWith('--')) return command.options.find(({ long }) => long === flag);
  return command.options.find(({ short }) => short === `-${flag.at(-1)}`);
}

const isFlag = (word: string) => word.startsWith('-') && word !== '-';

/**
 * Finds what the last word of a command line is, from the words before it.
 * @param words without the program's name; the last one is under the cursor, and may be empty.
 */
export function findCursor(root: Commander, words: readonly string[]): Cursor {
  let command = root;
  let operands = 0;
  let onlyOperands = false;
  let option: Option | undefined;
  for (const word of words.slice(0, -1)) {
    if (option !== undefined) option = undefined;
    else if (!onlyOperands && word === '--') onlyOperands = true;
    else if (!onlyOperands && isFlag(word)) {
      const found = word.includes('=') ? undefined : findOption(command, word);
      if (found?.required) option = found;
    } else {
      const inner = operands === 0 ? command.commands.find((one) => one.name() === word) : undefined;
      if (inner === undefined) operands += 1;
      else command = inner;
    }
  }
  const word = words.at(-1) ?? '';
  const names: string[] = [];
  for (let at = command; at.parent; at = at.parent) names.unshift(at.name());
  const value = { command, path: names.join(' '), flags: false, subcommands: false };
  if (option !== undefined) return { ...value, word, option };
  const [, flag, typed] = (onlyOperands ? null : /^(--[^=]+)=(.*)$/s.exec(word)) ?? [];
  if (flag !== undefined && typed !== undefined) {
    const known = findOption(command, flag);
    return { ...value, word: typed, ...(known && { option: known }) };
  }
  const last = command.registeredArguments.at(-1);
  const argument = command.registeredArguments[operands] ?? (last?.variadic ? last : undefined);
  const flags = !onlyOperands;
  return { ...value, word, ...(argument && { argument }), flags, subcommands: flags && operands === 0 };
}
