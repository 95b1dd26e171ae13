import { ACCOUNT_ID } from '../account.ts';
import { sha256 } from '../auth/canonical.ts';
import { xmlDocument as writeXml, type XmlChildren } from '../wire/xml.ts';
import { readXml, type XmlElement, XmlError } from '../wire/xml-reader.ts';
import { malformedXml } from './errors.ts';

/** The account as the owner of objects: a canonical user id of 64 hex digits. */
export const OWNER = { ID: sha256(ACCOUNT_ID) } as const;

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** Returns a document in S3's namespace. */
export function xmlDocument(root: string, children: XmlChildren): string {
  return writeXml(root, children, { namespace: NAMESPACE, declaration: true, controls: 'referenced' });
}

/** Returns an error document, which has no namespace. */
export function errorDocument(children: XmlChildren): string {
  return writeXml('Error', children, { declaration: true, controls: 'referenced' });
}

/** The content that an element of a request can have: text, or children by name. */
export type XmlShape = 'text' | { readonly [element: string]: XmlOccurrence };

interface XmlOccurrence {
  readonly shape: XmlShape;
  readonly max: number;
}

/** An element that can occur once. */
export const once = (shape: XmlShape = 'text'): XmlOccurrence => ({ shape, max: 1 });
/** An element that can occur up to `max` times. */
export const repeated = (shape: XmlShape, max: number): XmlOccurrence => ({ shape, max });

/** A parsed element: its text, or its children by name, each with all its occurrences. */
export type ParsedXml = string | ParsedChildren;

export type ParsedChildren = { readonly [element: string]: readonly ParsedXml[] };

/**
 * Returns the children of the document's root. Like S3, refuses unknown elements, too many elements, text between
 * elements, attributes, and other namespaces. The namespace can be absent.
 *
 * @throws AwsError `MalformedXML`
 */
export function parseXml(text: string, root: string, shape: Exclude<XmlShape, 'text'>): ParsedChildren {
  const document = read(text);
  const { attributes } = document;
  const namespace = attributes.get('xmlns');
  const wrongNamespace = namespace !== undefined && namespace !== NAMESPACE;
  const hasMore = attributes.size > (namespace === undefined ? 0 : 1);
  if (document.name !== root || wrongNamespace || hasMore) throw malformedXml();
  return children(document, shape);
}

function read(text: string): XmlElement {
  try {
    return readXml(text);
  } catch (error) {
    throw error instanceof XmlError ? malformedXml() : error;
  }
}

function held(element: XmlElement, shape: XmlShape): ParsedXml {
  if ([...element.attributes].some(([name, value]) => name !== 'xmlns' || value !== NAMESPACE)) {
    throw malformedXml();
  }
  if (shape !== 'text') return children(element, shape);
  if (element.children.length > 0) throw malformedXml();
  return element.text;
}

function children(element: XmlElement, shape: Exclude<XmlShape, 'text'>): ParsedChildren {
  if (/[^ \t\r\n]/.test(element.text)) throw malformedXml();
  const found: Record<string, ParsedXml[]> = {};
  for (const child of element.children) {
    const occurrence = Object.hasOwn(shape, child.name) ? shape[child.name] : undefined;
    if (occurrence === undefined) throw malformedXml();
    const before = found[child.name] ?? [];
    found[child.name] = before;
    before.push(held(child, occurrence.shape));
    if (before.length > occurrence.max) throw malformedXml();
  }
  return found;
}

/** Returns the text of a child; `undefined` without such a child. */
export function childText(parent: ParsedXml, name: string): string | undefined {
  const [child] = typeof parent === 'string' ? [] : (parent[name] ?? []);
  return typeof child === 'string' ? child : undefined;
}
