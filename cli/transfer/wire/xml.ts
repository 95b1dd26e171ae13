import { XMLParser } from 'fast-xml-parser';

/** The child elements of an XML element by name: text or nested elements. */
export type Elements = Readonly<Record<string, unknown>>;

/** Maximum depth of elements; S3's documents have four levels. */
const MAX_NESTING = 8;

const parser = new XMLParser({
  parseTagValue: false,
  ignoreDeclaration: true,
  processEntities: true,
  maxNestedTags: MAX_NESTING,
  // A key may begin or end with a space.
  trimValues: false,
  isArray: (name) => name === 'Part' || name === 'Upload',
});

/**
 * Parses a document of S3. Returns `undefined` if it is not well-formed XML with that root element, or has a document
 * type, which S3 never sends.
 */
export function readXml(text: string, root: string): Elements | undefined {
  if (!text.trimStart().startsWith('<') || text.includes('<!DOCTYPE')) return undefined;
  let document: Elements;
  try {
    document = parser.parse(text, true) as Elements;
  } catch {
    // The status determines the meaning of an unreadable document.
    return undefined;
  }
  const names = Object.keys(document).filter((name) => name !== '#text' || isText(document[name]));
  const found = document[root];
  if (names.length !== 1 || !Object.hasOwn(document, root)) return undefined;
  if (found === '') return {};
  return typeof found === 'object' && found !== null && !Array.isArray(found)
    ? (found as Elements)
    : undefined;
}

function isText(value: unknown): boolean {
  return typeof value !== 'string' || value.trim() !== '';
}

/** Returns the text of a child element; `undefined` if it is missing, repeated, or has child elements. */
export function textOf(elements: Elements, name: string): string | undefined {
  const value = Object.hasOwn(elements, name) ? elements[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** Returns a child element as a whole number from 0 to `most`; `undefined` for anything else. */
export function numberOf(elements: Elements, name: string, most: number): number | undefined {
  const text = textOf(elements, name)?.trim();
  if (text === undefined || !/^\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return value <= most ? value : undefined;
}

/** Returns the repeated child elements of a name; `undefined` if one of them is text. */
export function listOf(elements: Elements, name: string): readonly Elements[] | undefined {
  if (!Object.hasOwn(elements, name)) return [];
  const found: unknown = elements[name];
  if (!Array.isArray(found)) return undefined;
  return found.every((one) => typeof one === 'object' && one !== null) ? (found as Elements[]) : undefined;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Writes an element. Text is escaped; elements that are already written are not. */
export function element(name: string, content: string | readonly XmlElement[], attributes = ''): XmlElement {
  const inner =
    typeof content === 'string'
      ? content.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character)
      : content.map(({ xml }) => xml).join('');
  return { xml: `<${name}${attributes}>${inner}</${name}>` };
}

/** XML that is already escaped, unlike text. */
export interface XmlElement {
  readonly xml: string;
}
