import { rawText, type Word } from './ui/shell-words.ts';

export interface Flag {
  readonly flag: string;
  readonly hasValue: boolean;
}

/** `--no-page` is the flag `--page` with another value. */
const flagName = (text: string) => text.replace(/=.*$/s, '').replace(/^--no-/, '--');

/** Returns arguments without some flags and their values. */
export function withoutFlags(argv: readonly string[], flags: readonly Flag[]): readonly string[] {
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
export function flagsOf(words: readonly Word[]): readonly Flag[] {
  return words.flatMap((one, at) => {
    const next = words[at + 1];
    return isTypedFlag(one)
      ? [{ flag: rawText(one), hasValue: next !== undefined && !isTypedFlag(next) }]
      : [];
  });
}

const attached = (flag: Word, value: Word): Word => ({
  pieces: [...flag.pieces, { text: '=', isValue: false }, ...value.pieces],
  isDashed: false,
});

/** Returns words in which a value that begins with a hyphen is in one word with its flag: `--as=-x`. */
export function withAttached(words: readonly Word[]): readonly Word[] {
  const all: Word[] = [];
  for (const one of words) {
    const flag = all.at(-1);
    const isDashedValue = !isTypedFlag(one) && rawText(one).startsWith('-');
    if (flag === undefined || !isTypedFlag(flag) || !isDashedValue) all.push(one);
    else all[all.length - 1] = attached(flag, one);
  }
  return all;
}

/** Returns the words of arguments. A placeholder stands for the address of a link: it contains a token, which is not printed. */
export function repeatedWords(argv: readonly string[]): readonly Word[] {
  const end = argv.indexOf('--');
  return argv.map((text, at) => {
    const isOption = end < 0 || at < end;
    if (isOption && text.startsWith('--link=')) return typed('--link=<address>');
    if (isOption && argv[at - 1] === '--link') return typed('<address>');
    return { pieces: [{ text, isValue: true }], isDashed: false };
  });
}

const typed = (text: string): Word => ({ pieces: [{ text, isValue: false }], isDashed: false });
