import { shellWord } from './ui/shell-word.ts';

/*
 * Words of a command to type. A value stays as it is until the command is printed, because shells quote differently.
 */

/** Text for the shell as it stands, or a value. */
interface Piece {
  readonly text: string;
  readonly isValue: boolean;
}

export interface Word {
  readonly pieces: readonly Piece[];
  /** An argument with a leading hyphen, which would be read as an option. */
  readonly isDashed: boolean;
}

/** A value is one word. A list is any number of words, such as flags. */
export type Value = string | readonly string[];

const literal = (text: string): Piece => ({ text, isValue: false });
const piece = (text: string): Piece => ({ text, isValue: true });

const joined = (...pieces: readonly Piece[]): Word => ({ pieces, isDashed: false });

/** Returns a word for the shell, with a value behind it. */
export function word(text: string, value?: string): Word {
  return joined(...(text === '' ? [] : [literal(text)]), ...(value === undefined ? [] : [piece(value)]));
}

/** Returns a word as a program gets it. */
export function rawText({ pieces }: Word): string {
  return pieces.map(({ text }) => text).join('');
}

/** Returns a word with its values quoted. */
export function quotedText({ pieces }: Word, quote: (value: string) => string): string {
  return pieces.map(({ text, isValue }) => (isValue ? quote(text) : text)).join('');
}

/** Returns whether a word is for the shell, and ends a command: a pipe, a redirection or `&&`. */
export function isSyntax(word: Word): boolean {
  return word.pieces.every(({ isValue }) => !isValue) && /^(?:[|<>]|&&)$/.test(rawText(word));
}

/** Returns the words of a template. */
export function wordsOf(literals: readonly string[], values: readonly Value[]): readonly Word[] {
  const words: Word[] = [];
  const append = (one: Piece) => words.push(joined(...(words.pop()?.pieces ?? []), one));
  literals.forEach((text, at) => {
    const [first = '', ...rest] = text.split(' ');
    // What follows a value without a space belongs to its word.
    if (first !== '' && at > 0) append(literal(first));
    else if (first !== '') words.push(word(first));
    words.push(...rest.filter((one) => one !== '').map((one) => word(one)));
    const value = values[at] ?? [];
    if (typeof value !== 'string') words.push(...value.map((one) => word('', one)));
    else if (/\S$/.test(text)) append(piece(value));
    else {
      const isOfOption = /(?:^| )-\S+ $/.test(text);
      words.push({ ...word('', value), isDashed: !isOfOption && /^-./.test(value) });
    }
  });
  return words;
}

/** Returns words as bash, zsh, fish and any POSIX shell take them. */
export function typedInPosix(words: readonly Word[]): string {
  return words.map((one) => quotedText(one, shellWord)).join(' ');
}
