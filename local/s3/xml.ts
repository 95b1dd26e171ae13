import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { malformedXml } from './errors.ts';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** Text, or child elements; an array repeats the element, `undefined` leaves it out. */
export type XmlValue = XmlScalar | readonly XmlScalar[];

type XmlScalar = string | number | boolean | XmlChildren | undefined;

export interface XmlChildren {
  readonly [element: string]: XmlValue;
}

/** A document in S3's namespace. */
export function xmlDocument(root: string, children: XmlChildren): string {
  return `${XML_HEAD}<${root} xmlns="${NAMESPACE}">${content(children)}</${root}>`;
}

export const XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** Elements in the order of their names in the object. */
export function content(children: XmlChildren): string {
  return Object.entries(children)
    .map(([name, value]) => element(name, value))
    .join('');
}

function element(name: string, value: XmlValue): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.map((item: XmlScalar) => element(name, item)).join('');
  const inner = typeof value === 'object' ? content(value as XmlChildren) : escapeText(String(value));
  return `<${name}>${inner}</${name}>`;
}

/** Control characters are not XML, but S3 writes them as references all the same. */
function escapeText(text: string): string {
  return text.replace(/[&<>"\p{Cc}]/gu, (character) => {
    const named = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }[character];
    return named ?? `&#x${character.charCodeAt(0).toString(16)};`;
  });
}

/** A parsed element: its text, or its children by name, each with all its occurrences. */
export type ParsedXml = string | { readonly [element: string]: readonly ParsedXml[] };

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true,
  isArray: () => true,
});

/**
 * The children of the document's root.
 *
 * @throws AwsError `MalformedXML`, also for a document with a DTD or another root
 */
export function parseXml(text: string, root: string): { readonly [element: string]: readonly ParsedXml[] } {
  if (text.includes('<!') || XMLValidator.validate(text) !== true) throw malformedXml();
  const document = parser.parse(text) as Record<string, readonly ParsedXml[]>;
  const found = document[root]?.[0];
  if (found === undefined) throw malformedXml();
  return typeof found === 'string' ? {} : found;
}

/** The text of the only child of that name; `undefined` where there is none. */
export function childText(parent: ParsedXml, name: string): string | undefined {
  const children = typeof parent === 'string' ? undefined : parent[name];
  if (children === undefined) return undefined;
  const [child] = children;
  if (children.length !== 1 || typeof child !== 'string') throw malformedXml();
  return child;
}
