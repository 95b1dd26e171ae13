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

/** What the words before the cursor mean. */
interface Preceding {
  readonly command: Commander;
  /** The option that takes the next word as its value. */
  readonly option: Option | undefined;
  /** Words that are neither flags, values nor subcommands. */
  readonly operands: number;
  /** Whether `--` was typed. */
  readonly onlyOperands: boolean;
}

function readWord(before: Preceding, word: string): Preceding {
  const { command, option, operands, onlyOperands } = before;
  if (option !== undefined) return { ...before, option: undefined };
  if (!onlyOperands && word === '--') return { ...before, onlyOperands: true };
  if (!onlyOperands && isFlag(word)) {
    const found = word.includes('=') ? undefined : findOption(command, word);
    return found?.required ? { ...before, option: found } : before;
  }
  const inner = operands === 0 ? command.commands.find((one) => one.name() === word) : undefined;
  return inner === undefined ? { ...before, operands: operands + 1 } : { ...before, command: inner };
}

function pathOf(command: Commander): string {
  const names: string[] = [];
  for (let at = command; at.parent; at = at.parent) names.unshift(at.name());
  return names.join(' ');
}

/**
 * Parses an unfinished command line up to its last word.
 * @param words Without the program's name. The last one is at the cursor and can be empty.
 */
export function findCursor(root: Commander, words: readonly string[]): Cursor {
  const start: Preceding = { command: root, option: undefined, operands: 0, onlyOperands: false };
  const { command, option, operands, onlyOperands } = words.slice(0, -1).reduce(readWord, start);
  const word = words.at(-1) ?? '';
  const value = { command, path: pathOf(command), flags: false, subcommands: false };
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
