import { CommandLine, literal, quotable, type Value, type Word, wordsOf } from './command-line.ts';

/**
 * Returns the command of this run again, with more flags: `` sameCommand`--yes` ``. Without one of its flags, it could delete
 * or store something else.
 */
export function sameCommand(literals: TemplateStringsArray, ...values: readonly Value[]): CommandLine {
  const words = wordsOf(literals, values);
  return new CommandLine(words, (argv) => {
    const isGiven = (flag: string) => argv.some((one) => one === flag || one.startsWith(`${flag}=`));
    const missing = words.filter(({ raw }, at) => {
      const flag = raw.startsWith('-') ? raw : words[at - 1]?.raw;
      return flag === undefined || !isGiven(flag);
    });
    return withWords(argv, missing);
  });
}

/** Returns the command of this run with other values of flags: `` changedCommand`--write-to ${prefix}` ``. */
export function changedCommand(literals: TemplateStringsArray, ...values: readonly Value[]): CommandLine {
  return changed(wordsOf(literals, values));
}

/** Returns the command of this run without one of its flags, or with the words of a command instead of it. */
export function sameCommandWithout(
  flag: string,
  { hasValue = false, instead }: { readonly hasValue?: boolean; readonly instead?: CommandLine } = {},
): CommandLine {
  return changed(instead?.words ?? [], [{ flag, hasValue }]);
}

interface Flag {
  readonly flag: string;
  readonly hasValue: boolean;
}

function changed(words: readonly Word[], without: readonly Flag[] = []): CommandLine {
  const removed = [...flagsOf(words), ...without];
  return new CommandLine(words, (argv) => withWords(withoutFlags(argv, removed), withAttached(words)));
}

/** Adds words to arguments, before those that are never flags. */
function withWords(argv: readonly string[], added: readonly Word[]): readonly Word[] {
  const given = argv.length === 0 ? [literal('…')] : repeatedWords(argv);
  const end = argv.indexOf('--');
  return [literal('edge-upload'), ...given].toSpliced(end < 0 ? given.length + 1 : end + 1, 0, ...added);
}

/** `--no-page` is the flag `--page` with another value. */
const flagName = (text: string) => text.replace(/=.*$/s, '').replace(/^--no-/, '--');

/** Returns arguments without some flags and their values. */
function withoutFlags(argv: readonly string[], flags: readonly Flag[]): readonly string[] {
  const hasValue = new Map(flags.map((one) => [flagName(one.flag), one.hasValue]));
  const end = argv.indexOf('--');
  const isFlag = (one: string | undefined, at: number) =>
    one !== undefined && (end < 0 || at < end) && one.startsWith('--') && hasValue.has(flagName(one));
  return argv.filter((one, at) => {
    if (isFlag(one, at)) return false;
    const before = argv[at - 1];
    return !(
      isFlag(before, at - 1) &&
      hasValue.get(flagName(before ?? '')) &&
      !/=|^--no-/.test(before ?? '')
    );
  });
}

/** A value is never a flag, also if it begins with a hyphen. */
const isTypedFlag = (one: Word | undefined) => {
  const [first] = one?.pieces ?? [];
  return first !== undefined && !first.isValue && first.text.startsWith('-');
};

/** Returns the flags among words. */
function flagsOf(words: readonly Word[]): readonly Flag[] {
  return words.flatMap((one, at) => {
    const next = words[at + 1];
    return isTypedFlag(one) ? [{ flag: one.raw, hasValue: next !== undefined && !isTypedFlag(next) }] : [];
  });
}

/** Returns words in which a value that begins with a hyphen is in one word with its flag: `--as=-x`. */
function withAttached(words: readonly Word[]): readonly Word[] {
  const all: Word[] = [];
  for (const one of words) {
    const flag = all.at(-1);
    const isDashedValue = !isTypedFlag(one) && one.raw.startsWith('-');
    if (flag === undefined || !isTypedFlag(flag) || !isDashedValue) all.push(one);
    else all[all.length - 1] = flag.with(literal('=')).with(one);
  }
  return all;
}

/** Returns the words of arguments. A placeholder stands for the address of a link: it contains a token, which is not printed. */
function repeatedWords(argv: readonly string[]): readonly Word[] {
  const end = argv.indexOf('--');
  return argv.map((text, at) => {
    const isOption = end < 0 || at < end;
    if (isOption && text.startsWith('--link=')) return literal('--link=<address>');
    return isOption && argv[at - 1] === '--link' ? literal('<address>') : quotable(text);
  });
}
