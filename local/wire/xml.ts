/** Text, or child elements. An array repeats the element; `undefined` omits it. */
type XmlValue = XmlScalar | readonly XmlScalar[];

type XmlScalar = string | number | boolean | Date | XmlChildren | undefined;

export interface XmlChildren {
  readonly [element: string]: XmlValue;
}

interface DocumentOptions {
  readonly namespace?: string;
  /** Whether the document begins with an XML declaration. */
  readonly declaration?: boolean;
  /**
   * How to write characters that XML 1.0 does not allow (https://www.w3.org/TR/xml/#charsets). S3 writes references to
   * control characters; other services write U+FFFD instead.
   */
  readonly controls?: 'referenced' | 'replaced';
}

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

/**
 * Returns a document. Every XML response of the embedded cloud is built here. Elements are in the order of their names
 * in the object.
 *
 * @throws Error for a name that no element can have
 */
export function xmlDocument(root: string, children: XmlChildren, options: DocumentOptions = {}): string {
  const { namespace, declaration = false, controls = 'replaced' } = options;
  const write = controls === 'referenced' ? referenced : replaced;
  const attribute = namespace === undefined ? '' : ` xmlns="${write(namespace)}"`;
  const name = checkedName(root);
  return `${declaration ? DECLARATION : ''}<${name}${attribute}>${content(children, write)}</${name}>`;
}

type Escape = (text: string) => string;

function content(children: XmlChildren, write: Escape): string {
  let text = '';
  for (const name in children) text += element(checkedName(name), children[name], write);
  return text;
}

function element(name: string, value: XmlValue, write: Escape): string {
  if (value === undefined) return '';
  if (isList(value)) return value.map((item) => element(name, item, write)).join('');
  return `<${name}>${inner(value, write)}</${name}>`;
}

function inner(value: Exclude<XmlScalar, undefined>, write: Escape): string {
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' ? content(value, write) : write(String(value));
}

function isList(value: XmlValue): value is readonly XmlScalar[] {
  return Array.isArray(value);
}

/** Names of elements that were checked. They are the program's own, so there are few. */
const checked = new Set<string>();
const MAX_CHECKED = 1000;

function checkedName(name: string): string {
  if (checked.has(name)) return name;
  if (NAME.test(name)) {
    if (checked.size < MAX_CHECKED) checked.add(name);
    return name;
  }
  throw new Error(`${JSON.stringify(name)} cannot be the name of an XML element.`);
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const UNWRITABLE = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

const reference = (character: string) => `&#x${(character.codePointAt(0) ?? 0).toString(16)};`;

/**
 * Characters that need escaping. Most text has none and is written unchanged, which saves most of the time of a long
 * list.
 */
const SPECIAL = /[&<>"\p{Cc}\ud800-\udfff]/u;

function referenced(text: string): string {
  if (!SPECIAL.test(text)) return text;
  return text
    .replace(/\p{Cs}/gu, '\ufffd')
    .replace(/[&<>"\p{Cc}]/gu, (character) => ENTITIES[character] ?? reference(character));
}

/** Parsers turn a bare carriage return into a line feed, which would change templates with Windows line ends. */
function replaced(text: string): string {
  return text
    .replace(UNWRITABLE, '\ufffd')
    .replace(/[&<>"\r]/g, (character) => ENTITIES[character] ?? reference(character));
}
