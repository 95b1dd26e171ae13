import type { Hint } from './command-line.ts';
import { type ErrorCode, UserError } from './errors.ts';

/** Text that is piped in or read from a file, and what to report if it is not text. */
export interface TextSource {
  /** As it stands at the beginning of a sentence: `Standard input`, `paths.txt`. */
  readonly name: string;
  /** The error for bytes that are not text; `usage` if absent. */
  readonly code?: ErrorCode;
  /** What to do about bytes that no encoding explains; absent: to save it in another one. */
  readonly hint?: Hint;
  /** NUL separates entries, as `find -print0` writes them; otherwise NUL is refused. */
  readonly nulSeparates?: boolean;
}

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

const NUL = 0x00;
const LF = 0x0a;
const HINT = 'Save it as UTF-8, or as UTF-16 with a byte order mark.';
export const ONE_LETTER_HINT =
  'If it is text, save it as UTF-8, with one path a line. If it is a list of one-letter names, write ./ before each: ./a';

/** Bytes after which text without a line end is judged by what has arrived. */
const ENOUGH_BYTES = 4096;
/** The same where NUL bytes show that it is UTF-16 or a list with NUL between its entries. */
const ENOUGH_WITH_NUL = 16;

function markedEncoding([first, second, third]: Uint8Array): Encoding | undefined {
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
}

/** Whether the first bytes can still turn out to be a byte order mark. */
function mayBecomeMark(bytes: Uint8Array): boolean {
  const [first, second] = bytes;
  if (bytes.length === 1) return first === 0xef || first === 0xff || first === 0xfe;
  return bytes.length === 2 && first === 0xef && second === 0xbb;
}

/**
 * UTF-16 without a mark, if every second byte is NUL: what Latin letters look like. Others are NUL where NUL itself
 * separates.
 */
function unmarkedUtf16(bytes: Uint8Array, nulSeparates: boolean): Encoding | undefined {
  if (bytes.length < 2) return undefined;
  const holds = (odd: 0 | 1) =>
    bytes.every((byte, at) => (at % 2 === odd ? byte === NUL : byte !== NUL || (nulSeparates && at > 1)));
  if (holds(1)) return 'utf-16le';
  return holds(0) ? 'utf-16be' : undefined;
}

/** Decodes text of unknown encoding piece by piece. Both methods throw a `UserError` for what is not text. */
export interface TextReader {
  /** The text that is certain by now; byte order marks are left out. */
  push(bytes: Uint8Array): string;
  /** What is left at the end. */
  end(): string;
}

/**
 * Decodes UTF-8 and UTF-16. UTF-16 without a byte order mark is recognised only where nothing else is possible.
 * What is not text is refused, never repaired: a wrong letter in a path or a password means another one.
 */
export function openText(source: TextSource): TextReader {
  const { name, code = 'usage', nulSeparates = false } = source;
  let waiting: Uint8Array = new Uint8Array();
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  let encoding: Encoding = 'utf-8';
  const refuse = (reason: string, hint: Hint = HINT): never => {
    throw new UserError(code, `${name} cannot be read as text: ${reason}.`, { hint });
  };

  const choose = (bytes: Uint8Array, ended: boolean): Encoding | undefined => {
    const marked = markedEncoding(bytes);
    if (marked !== undefined) return marked;
    if (!ended && mayBecomeMark(bytes)) return undefined;
    const hasNul = bytes.includes(NUL);
    const enough = bytes.length >= (hasNul ? ENOUGH_WITH_NUL : ENOUGH_BYTES);
    if (!ended && !enough && !bytes.includes(LF)) return undefined;
    const likely = hasNul ? unmarkedUtf16(bytes, nulSeparates) : undefined;
    if (likely === undefined) return 'utf-8';
    // Names of one letter with NUL between them are the same bytes, unless there are line ends.
    if (!nulSeparates || bytes.includes(LF)) return likely;
    return refuse(
      'it is either UTF-16 without a byte order mark or a list of one-letter names',
      ONE_LETTER_HINT,
    );
  };

  const decode = (bytes: Uint8Array, ended: boolean): string => {
    let text: string;
    try {
      decoder ??= new TextDecoder(encoding, { fatal: true });
      text = decoder.decode(bytes, { stream: !ended });
    } catch {
      // The decoder's own message does not say more.
      return refuse(`it is not valid ${encoding === 'utf-8' ? 'UTF-8' : 'UTF-16'}`, source.hint);
    }
    if (text.includes('\0') && (encoding !== 'utf-8' || !nulSeparates)) {
      return refuse('it contains NUL bytes, as binary files and UTF-16 without a byte order mark do');
    }
    return text;
  };

  const take = (bytes: Uint8Array, ended: boolean): string => {
    if (decoder !== undefined) return decode(bytes, ended);
    waiting = Buffer.concat([waiting, bytes]);
    if (waiting.length === 0) return '';
    const chosen = choose(waiting, ended);
    if (chosen === undefined) return '';
    encoding = chosen;
    const all = waiting;
    waiting = new Uint8Array();
    return decode(all, ended);
  };

  return { push: (bytes) => take(bytes, false), end: () => take(new Uint8Array(), true) };
}

/** Decodes the whole of a text. @throws {UserError} for bytes that are not text. */
export function decodeText(bytes: Uint8Array, source: TextSource): string {
  const reader = openText(source);
  return reader.push(bytes) + reader.end();
}

/** A line without its end: LF or CRLF. Blanks are part of it. */
export function withoutLineEnd(line: string): string {
  return line.replace(/\r?\n$|\r$/, '');
}

/**
 * A secret as copied from a page, a file or a CI's settings: without a byte order mark, surrounding blanks and line ends,
 * one pair of quotation marks, and the word `Bearer`. For tokens and codes, which contain none of these.
 */
export function bareToken(text: string): string {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  const quoted = /^(["'`])(.*)\1$/s.exec(trimmed)?.[2] ?? trimmed;
  return quoted.trim().replace(/^Bearer\s+/i, '');
}

/** Returns the beginning of a text, cut between words: a part of a credential would not be recognised as one. */
export function cutBetweenWords(text: string, length: number): string {
  return text.length <= length
    ? text
    : `${text
        .slice(0, length + 1)
        .replace(/\S*$/, '')
        .trimEnd()}…`;
}
