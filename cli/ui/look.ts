import type { Context, OutputStream } from '../context.ts';
import { line, type Mark, type Paint, type PrintedText, painter, Shown, textLines } from './shown.ts';
import type { Style } from './style.ts';

/** The signs that a terminal can show. */
export interface Symbols {
  readonly marks: Readonly<Record<Mark, string>>;
  readonly bar: { readonly full: string; readonly empty: string };
  readonly spinner: readonly string[];
}

/** How a stream is written. */
export interface Look {
  readonly paint: Paint;
  /** Absent where nobody looks at the stream: in pipes and logs. */
  readonly symbols?: Symbols;
}

/** On a narrower terminal, lines wrap by themselves. */
const LEAST_COLUMNS = 40;
/** Of a terminal that does not report its size. */
const USUAL_COLUMNS = 80;

/** Returns the width that text is wrapped to on a terminal. */
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

/** Text for pipes and logs. */
export const PLAIN: Look = { paint: painter(false) };

/** The variables that name a terminal of Windows with more than a code page. */
const WINDOWS_TERMINALS = ['WT_SESSION', 'TERM_PROGRAM', 'TERM', 'ConEmuTask'];

/** Returns ASCII where the locale, or the kind of terminal, says that it shows nothing else. */
function symbolsFor({ env, platform }: Pick<Context, 'env' | 'platform'>): Symbols {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  if (locale) return /utf-?8/i.test(locale) ? UNICODE : ASCII;
  if (platform === 'win32') return WINDOWS_TERMINALS.some((name) => env[name]) ? UNICODE : ASCII;
  return env.TERM === 'linux' ? ASCII : UNICODE;
}

/** Returns the look of an output stream: colours and marks on a terminal, neither elsewhere. */
export function lookOf(
  stream: OutputStream,
  { env, platform, options }: Pick<Context, 'env' | 'platform'> & { options: { readonly color: boolean } },
): Look {
  if (stream.isTTY !== true || env.TERM === 'dumb') return PLAIN;
  return { paint: painter(options.color), symbols: symbolsFor({ env, platform }) };
}

/** Returns a line with a mark before it, where the stream has marks. */
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
