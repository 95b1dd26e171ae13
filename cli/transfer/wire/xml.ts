import { XMLParser } from 'fast-xml-parser';

/** The child elements of an XML element by name: text, or what is nested. */
export type Elements = Readonly<Record<string, unknown>>;

/** S3's documents nest four elements at most. */
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
 * Parses a document of S3's; `undefined` for what is not well-formed XML with that one root element. Document types and
 * their entities, which S3 never sends, are refused.
 */
export function readXml(text: string, root: string): Elements | undefined {
  if (!text.trimStart().startsWith('<') || text.includes('<!DOCTYPE')) return undefined;
  let document: Elements;
  try {
    document = parser.parse(text, true) as Elements;
  } catch {
    // The caller decides by the status what an unreadable document means.
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

/** The text of a child element; `undefined` where it is missing, given twice, or has elements of its own. */
export function textOf(elements: Elements, name: string): string | undefined {
  const value = Object.hasOwn(elements, name) ? elements[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** A child element as a whole number from 0 to `most`; `undefined` for anything else. */
export function numberOf(elements: Elements, name: string, most: number): number | undefined {
  const text = textOf(elements, name)?.trim();
  if (text === undefined || !/^\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return value <= most ? value : undefined;
}

/** The repeated child elements of that name, each with elements of its own; `undefined` where one is something else. */
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

/** Writes an element; text is escaped, elements that were written before are not. */
export function element(name: string, content: string | readonly XmlElement[], attributes = ''): XmlElement {
  const inner =
    typeof content === 'string'
      ? content.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character)
      : content.map(({ xml }) => xml).join('');
  return { xml: `<${name}${attributes}>${inner}</${name}>` };
}

/** Written XML, which a type tells from text that is yet to be escaped. */
export interface XmlElement {
  readonly xml: string;
}
