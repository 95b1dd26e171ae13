import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import { CommandLine, type InUse } from '../command-line.ts';

export type Style = Parameters<typeof styleText>[0];

/*
 * All text for people is written here. Names, groups, messages of servers and file names can contain codes that control the
 * terminal, line breaks that forge a line, and marks that reverse or hide letters. So there are two kinds of text: strings
 * are escaped; `Shown` is already escaped or styled, and is created only in this file. `writeLines` writes nothing else to a
 * stream.
 */

/**
 * Matches characters that control a terminal or are invisible: controls (C0, DEL, C1), line and paragraph separators, lone
 * surrogates, direction marks, and others without a glyph. https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
 */
const HIDDEN = () =>
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\ufff9-\ufffb]/gu;

/** Matches text without such characters. For most text, this test takes a tenth of the time of a replacement. */
const NOTHING_HIDDEN = /^[ -~→]*$/;

/** Joiners are kept within words and emoji, and variation selectors after an emoji; neither after an ASCII letter. */
const JOINER = /^[\u200c\u200d]$/;
const BEFORE_JOINER = /^(?:(?!\p{ASCII})[\p{L}\p{M}\p{Emoji_Modifier}\p{Extended_Pictographic}]|\ufe0f)$/u;
const CHOOSER = /^[\ufe0e\ufe0f]$/;
const BEFORE_CHOOSER = /^\p{Extended_Pictographic}$/u;

function isInPlace(character: string, at: number, whole: string): boolean {
  // One character, and patterns from start to end: without `^`, V8 14 (Node 26) finds no emoji before `$`.
  const before = [...whole.slice(Math.max(0, at - 2), at)].at(-1) ?? '';
  if (JOINER.test(character)) return BEFORE_JOINER.test(before);
  return CHOOSER.test(character) && BEFORE_CHOOSER.test(before);
}

/** Escapes a text to one line that cannot control the terminal: `\x1b`, `\u{202e}`. */
export function visible(text: string): string {
  if (NOTHING_HIDDEN.test(text)) return text;
  return text.replace(HIDDEN(), (character: string, at: number, whole: string) => {
    if (isInPlace(character, at, whole)) return character;
    const code = character.codePointAt(0) ?? 0;
    const digits = code.toString(16);
    return code < 0x100 ? `\\x${digits.padStart(2, '0')}` : `\\u{${digits}}`;
  });
}

/** A line that is safe to print: escaped, with our own styles only. */
export class Shown {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  static escape(text: string): Shown {
    return new Shown(visible(text));
  }

  /** Joins literal text and values; string values are escaped. */
  static join(words: readonly string[], parts: readonly (string | number | Shown)[]): Shown {
    const text = words.map((word, at) => {
      const part = parts[at];
      return word + (part === undefined ? '' : part instanceof Shown ? part.#text : visible(String(part)));
    });
    return new Shown(text.join(''));
  }

  static style(style: Style, part: string | Shown): Shown {
    // Whether there is colour was decided before, whatever Node thinks of the stream.
    return new Shown(
      styleText(style, part instanceof Shown ? part.#text : visible(part), { validateStream: false }),
    );
  }

  /** Returns JSON in which characters that control a terminal or are invisible are escaped. Its values are the same. */
  static json(value: unknown): Shown {
    const text = JSON.stringify(value);
    if (NOTHING_HIDDEN.test(text)) return new Shown(text);
    const escaped = text.replace(HIDDEN(), (character) =>
      Array.from({ length: character.length }, (_, at) => {
        return `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
      }).join(''),
    );
    return new Shown(escaped);
  }

  toString(): string {
    return this.#text;
  }
}

/** A template tag for a line: `` line`warning: ${text}` ``. Values are escaped unless they are {@link Shown}. */
export function line(words: TemplateStringsArray, ...parts: readonly (string | number | Shown)[]): Shown {
  return Shown.join(words, parts);
}

/** Styles text if colour is on. Escapes it in any case. */
export type Paint = (style: Style, text: string | Shown) => Shown;

export function painter(color: boolean): Paint {
  if (color) return Shown.style;
  return (_style, text) => (text instanceof Shown ? text : Shown.escape(text));
}

/** The result of a task. */
export type Mark = 'done' | 'failed' | 'warning' | 'skipped';

/** A line with a mark, a label or a style on terminals. */
export interface StyledLine {
  readonly style?: Style;
  readonly mark?: Mark;
  /** Text in the columns before the line, such as a label. Wrapped lines are indented by its width. */
  readonly head?: string;
  readonly text: string;
  /** The line for streams without marks. Default: head and text. */
  readonly plain?: string;
}

/** A line in which commands name the deployment in use. */
export type PrintedLine = string | StyledLine;
export type PrintedText = PrintedLine | readonly PrintedLine[];

export type TextLine = PrintedLine | CommandLine;

/** One line, or a list of lines. A string is always one line. */
export type Text = TextLine | readonly TextLine[];

/** Returns a text as a list of lines. */
export function textLines<Line extends TextLine>(text: Line | readonly Line[]): readonly Line[] {
  return Array.isArray(text) ? text : [text as Line];
}

/** Returns a text in which commands name the deployment in use. */
export function printedText(text: Text, inUse: InUse): PrintedText {
  return textLines(text).map((one) => (one instanceof CommandLine ? inUse.line(one) : one));
}

/** The marks that a terminal can show. */
export interface Symbols {
  readonly marks: Readonly<Record<Mark, string>>;
  readonly bar: { readonly full: string; readonly empty: string };
  readonly spinner: readonly string[];
}

/** How lines are written to a stream. */
export interface Look {
  readonly paint: Paint;
  /** Absent for streams that are not terminals. */
  readonly symbols?: Symbols;
}

/** Minimum width. Narrower terminals wrap lines by themselves. */
const LEAST_COLUMNS = 40;
/** Width of a terminal that does not report one. */
const USUAL_COLUMNS = 80;

/** Returns the width at which text is wrapped on a terminal. */
export function columnsOf({ columns = USUAL_COLUMNS }: Pick<OutputStream, 'columns'>): number {
  return Math.max(LEAST_COLUMNS, columns);
}

const UNICODE: Symbols = {
  marks: { done: '✔', failed: '✖', warning: '!', skipped: '-' },
  bar: { full: '█', empty: '░' },
  spinner: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
};

const ASCII: Symbols = {
  marks: { done: '+', failed: 'x', warning: '!', skipped: '-' },
  bar: { full: '#', empty: '.' },
  spinner: ['-', '\\', '|', '/'],
};

const STYLES: Readonly<Record<Mark, Style>> = {
  done: 'green',
  failed: 'red',
  warning: 'yellow',
  skipped: 'dim',
};

/** The style of pipes and logs. */
export const PLAIN: Look = { paint: painter(false) };

/** What determines the style of a stream, apart from the stream itself. */
interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  readonly options: { readonly color: boolean };
}

/** Environment variables of Windows terminals that show Unicode. */
const WINDOWS_TERMINALS = ['WT_SESSION', 'TERM_PROGRAM', 'TERM', 'ConEmuTask'];

/** Returns ASCII marks if the locale or the terminal shows nothing else. */
function symbolsFor({ env, platform }: Omit<Surroundings, 'options'>): Symbols {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  if (locale) return /utf-?8/i.test(locale) ? UNICODE : ASCII;
  if (platform === 'win32') return WINDOWS_TERMINALS.some((name) => env[name]) ? UNICODE : ASCII;
  return env.TERM === 'linux' ? ASCII : UNICODE;
}

/** Returns the style of an output stream: colours and marks on a terminal, neither elsewhere. */
export function lookOf(stream: OutputStream, { env, platform, options }: Surroundings): Look {
  if (stream.isTTY !== true || env.TERM === 'dumb') return PLAIN;
  return { paint: painter(options.color), symbols: symbolsFor({ env, platform }) };
}

/** Returns a line after its mark, if the stream has marks. */
export function marked(mark: Mark, text: string | Shown, { paint, symbols }: Look): Shown {
  return symbols === undefined ? line`${text}` : line`${paint(STYLES[mark], symbols.marks[mark])} ${text}`;
}

/** Returns the lines of a text, each escaped, styled and marked. */
export function shownLines(text: PrintedText, look: Look): Shown[] {
  return textLines(text).map((one) => {
    if (typeof one === 'string') return Shown.escape(one);
    const { style, mark, head = '', text, plain } = one;
    if (look.symbols === undefined && plain !== undefined) return Shown.escape(plain);
    const shown = style === undefined ? line`${text}` : look.paint(style, text);
    return mark === undefined ? line`${head}${shown}` : marked(mark, line`${head}${shown}`, look);
  });
}

export type OutputStream = Writable & { isTTY?: boolean; columns?: number };

/** Writes text without a line break, such as a question. */
export function writePart(stream: Writable, part: Shown): void {
  stream.write(`${part}`);
}

/** @param onFailure called if the lines cannot be written, before the stream's `error` event */
export function writeLines(stream: Writable, lines: readonly Shown[], onFailure?: () => void): void {
  if (lines.length === 0) return;
  stream.write(lines.map((one) => `${one}\n`).join(''), (error) => {
    if (error) onFailure?.();
  });
}
