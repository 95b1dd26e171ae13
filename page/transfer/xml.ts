/** An XML element with text or children. Attributes are dropped. */
export interface XmlElement {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** S3's documents have at most four levels. */
const MAX_NESTING = 8;

/** Matches text, a closing tag, or an opening tag with attributes. */
const TOKEN =
  /([^<]+)|<\/([\w:.-]+)\s*>|<([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/gy;

/** Decodes entities; `undefined` for an entity that XML does not define. */
function decode(text: string): string | undefined {
  let sound = true;
  const decoded = text.replace(/&([^&;]{0,10};)?/g, (_all, entity = '') => {
    const [, decimal, hex, name] = /^(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));$/i.exec(entity) ?? [];
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
    if (code <= 0x10ffff) return String.fromCodePoint(code);
    const known = name !== undefined && Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined;
    sound &&= known !== undefined;
    return known ?? '';
  });
  return sound ? decoded : undefined;
}

interface OpenElement {
  readonly name: string;
  text: string;
  readonly children: OpenElement[];
}

/** Adds a match of {@link TOKEN} to the open elements, outermost first. Returns whether the document is still sound. */
function addToken(open: OpenElement[], [, chars, closed, name, , empty]: RegExpExecArray): boolean {
  const parent = open.at(-1);
  if (parent === undefined) return false;
  if (chars !== undefined) {
    const decoded = decode(chars);
    parent.text += decoded ?? '';
    return decoded !== undefined;
  }
  if (closed !== undefined) {
    open.pop();
    return open.length > 0 && parent.name === closed;
  }
  const element = { name: name ?? '', text: '', children: [] };
  parent.children.push(element);
  if (empty === '') open.push(element);
  return open.length <= MAX_NESTING;
}

/**
 * Parses a document of S3: elements and text. Returns `undefined` for anything else, such as a document type, a comment
 * or an HTML page. `DOMParser` is not used: Trusted Types would require a policy for it, and it accepts far more.
 */
export function parseXml(text: string): XmlElement | undefined {
  const body = text.trim().replace(/^<\?xml[^<>]*\?>/, '');
  const root: OpenElement = { name: '', text: '', children: [] };
  const open = [root];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < body.length) {
    const match = TOKEN.exec(body);
    if (match === null || !addToken(open, match)) return undefined;
  }
  const [only, ...more] = root.children;
  return open.length === 1 && more.length === 0 && root.text.trim() === '' ? only : undefined;
}

/** Returns the text of a child; `undefined` if the child is missing, repeated or has children. */
export function textOf({ children }: XmlElement, name: string): string | undefined {
  const [only, ...more] = children.filter((child) => child.name === name);
  return only === undefined || more.length > 0 || only.children.length > 0 ? undefined : only.text;
}

/** Returns the text of a child as an integer from 0 to `most`; `undefined` for anything else. */
export function numberOf(element: XmlElement, name: string, most: number): number | undefined {
  const text = textOf(element, name)?.trim() ?? '';
  return /^\d{1,16}$/.test(text) && Number(text) <= most ? Number(text) : undefined;
}
