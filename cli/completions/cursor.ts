import type { Argument, Command as Commander, Option } from 'commander';

/** The position of the cursor in an unfinished command line. */
export interface Cursor {
  /** The command that the preceding words name. */
  readonly command: Commander;
  /** Names of the command below the program, such as `uploads abort`. */
  readonly path: string;
  /** Start of the word at the cursor. For `--flag=value`, the part after `=`. */
  readonly word: string;
  /** The option whose value is being typed. */
  readonly option?: Option;
  /** The argument that is being typed, if the command accepts another one. */
  readonly argument?: Argument;
  /** Whether flags are accepted here. */
  readonly flags: boolean;
  /** Whether subcommands are accepted here. */
  readonly subcommands: boolean;
}

/** Returns the option of `-x`, `-abx` or `--name`. */
function findOption(command: Commander, flag: string): Option | undefined {
  if (flag.startsWith('--')) return command.options.find(({ long }) => long === flag);
  return command.options.find(({ short }) => short === `-${flag.at(-1)}`);
}

const isFlag = (word: string) => word.startsWith('-') && word !== '-';

/**
 * Parses an unfinished command line up to its last word.
 * @param words Without the program's name. The last one is at the cursor and can be empty.
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
