/** A parsed element: names without prefixes, decoded text. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** All text directly in the element, with references and CDATA sections decoded. */
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/** The error for text that is not a supported document. */
export class XmlError extends Error {
  override readonly name = 'XmlError';
}

const MAX_DEPTH = 16;
const MAX_ELEMENTS = 200_000;

const SPACE = '[ \\t\\r\\n]';
const NAME = '[A-Za-z_][A-Za-z0-9_.-]*';
const DECLARATION = new RegExp(
  `<\\?xml${SPACE}+version=(?:"1\\.0"|'1\\.0')(?:${SPACE}+encoding=(?:"utf-8"|'utf-8'))?` +
    `(?:${SPACE}+standalone=(?:"(?:yes|no)"|'(?:yes|no)'))?${SPACE}*\\?>`,
  'iy',
);
const OPENING = new RegExp(`<(${NAME})`, 'y');
const CLOSING = new RegExp(`</(${NAME})${SPACE}*>`, 'y');
const ATTRIBUTE = new RegExp(
  `${SPACE}+(${NAME}(?::${NAME})?)${SPACE}*=${SPACE}*(?:"([^"<]*)"|'([^'<]*)')`,
  'y',
);
const TAG_END = new RegExp(`${SPACE}*(/?)>`, 'y');
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
/** Characters that no document can contain: https://www.w3.org/TR/xml/#charsets */
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

interface Open {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  text: string;
  readonly children: XmlElement[];
}

/**
 * Parses the XML that AWS's clients send: UTF-8, elements, attributes, text, comments and CDATA sections. Refuses
 * document types, custom entities, processing instructions, names with a prefix, and more than 16 levels. Takes linear
 * time.
 *
 * @throws XmlError
 */
export function readXml(document: string): XmlElement {
  if (FORBIDDEN.test(document)) throw new XmlError('a character that XML does not have');
  return new Reader(document.replace(/^\ufeff/, '')).read();
}

class Reader {
  readonly #source: string;
  #at = 0;
  #elements = 0;

  constructor(source: string) {
    this.#source = source;
  }

  read(): XmlElement {
    this.#match(DECLARATION);
    this.#skipMisc();
    const stack: Open[] = [];
    const first = this.#open(stack.length);
    if (first.closed) return this.#end(first.element);
    stack.push(first.element);
    for (;;) {
      const open = stack.at(-1);
      if (open === undefined) throw new XmlError('no element');
      open.text += this.#text();
      if (this.#source.startsWith('</', this.#at)) {
        if (this.#match(CLOSING)?.[1] !== open.name) throw new XmlError(`${open.name} is not closed`);
        stack.pop();
        const parent = stack.at(-1);
        if (parent === undefined) return this.#end(open);
        parent.children.push(open);
        continue;
      }
      const { element, closed } = this.#open(stack.length);
      if (closed) open.children.push(element);
      else stack.push(element);
    }
  }

  #open(depth: number): { element: Open; closed: boolean } {
    const name = this.#match(OPENING)?.[1];
    this.#elements += 1;
    if (name === undefined || depth >= MAX_DEPTH || this.#elements > MAX_ELEMENTS) {
      throw new XmlError(`no element at ${this.#at}`);
    }
    const attributes = new Map<string, string>();
    for (let found = this.#match(ATTRIBUTE); found !== undefined; found = this.#match(ATTRIBUTE)) {
      const [, attribute = '', double, single] = found;
      if (attributes.has(attribute)) throw new XmlError(`${attribute} is given twice`);
      attributes.set(attribute, decoded(double ?? single ?? ''));
    }
    const end = this.#match(TAG_END);
    if (end === undefined) throw new XmlError(`${name} has no end`);
    return { element: { name, attributes, text: '', children: [] }, closed: end[1] === '/' };
  }

  /** Reads text up to the next tag, with comments and CDATA sections. */
  #text(): string {
    let text = '';
    for (;;) {
      const next = this.#source.indexOf('<', this.#at);
      if (next < 0) throw new XmlError('the document ends within an element');
      const plain = this.#source.slice(this.#at, next);
      if (plain.includes(']]>')) throw new XmlError(']]> in text');
      text += decoded(plain);
      this.#at = next;
      if (this.#skipComment()) continue;
      if (!this.#source.startsWith('<![CDATA[', next)) return text;
      const end = this.#source.indexOf(']]>', next);
      if (end < 0) throw new XmlError('a CDATA section has no end');
      text += this.#source.slice(next + '<![CDATA['.length, end);
      this.#at = end + ']]>'.length;
    }
  }

  #skipComment(): boolean {
    if (!this.#source.startsWith('<!--', this.#at)) return false;
    const end = this.#source.indexOf('--', this.#at + '<!--'.length);
    if (end < 0 || this.#source[end + 2] !== '>') throw new XmlError('a comment has no end');
    this.#at = end + '-->'.length;
    return true;
  }

  #skipMisc(): void {
    do this.#match(/[ \t\r\n]*/y);
    while (this.#skipComment());
  }

  #end(element: Open): XmlElement {
    this.#skipMisc();
    if (this.#at !== this.#source.length) throw new XmlError('something follows the document');
    return element;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source);
    if (found === null) return undefined;
    this.#at = pattern.lastIndex;
    return found;
  }
}

/** Returns text with its references decoded. S3 writes control characters as references, so it must accept them. */
function decoded(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&([^;&]{0,12};?)/g, (_, reference: string) => {
    const [, name, hex, digits] = /^(?:([a-z]+)|#x([0-9a-fA-F]{1,6})|#([0-9]{1,7}));$/.exec(reference) ?? [];
    if (name !== undefined && Object.hasOwn(ENTITIES, name)) return ENTITIES[name] ?? '';
    const code = hex === undefined ? Number(digits) : Number.parseInt(hex, 16);
    const isCharacter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    if (isCharacter) return String.fromCodePoint(code);
    throw new XmlError('a reference to nothing');
  });
}
