import { resolve } from 'node:path';
import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import type { Context } from '../../context.ts';
import { isUserError, UserError } from '../../errors.ts';
import { readSmallFile } from '../../input-file.ts';
import { decodeText } from '../../text.ts';

/** Maximum bytes of a stored logo. Each file of the page can have 40 KB. */
const MAX_LOGO_BYTES = 20_000;

/** Maximum bytes of a logo file, including what editors add. */
const MAX_FILE_BYTES = 256 * 1024;

/** Shapes, text, and what fills and clips them. Nothing that runs, loads or contains HTML. */
const ELEMENTS = new Set(
  `svg g defs symbol use title desc path rect circle ellipse line polyline polygon text tspan
   linearGradient radialGradient stop clipPath mask pattern`.split(/\s+/),
);

/** Presentation attributes and geometry. `style` and `class` are not among them: they need style sheets. */
const ATTRIBUTES = new Set(
  `xmlns version viewBox width height preserveAspectRatio id x y x1 x2 y1 y2 cx cy r rx ry fx fy fr d points dx dy transform
   href fill fill-opacity fill-rule stroke stroke-width stroke-linecap stroke-linejoin stroke-miterlimit stroke-dasharray
   stroke-dashoffset stroke-opacity opacity color display visibility clip-path clip-rule mask clipPathUnits maskUnits
   maskContentUnits gradientUnits gradientTransform patternUnits patternContentUnits patternTransform spreadMethod offset
   stop-color stop-opacity font-family font-size font-weight font-style text-anchor letter-spacing dominant-baseline
   textLength lengthAdjust role aria-label`.split(/\s+/),
);

/** Elements of editors. They draw nothing and are removed. */
const LEFT_OUT = /^(?:metadata|(?:sodipodi|inkscape|rdf|cc|dc|serif|sketch|figma|xml)(?::.*)?)$/;
const LEFT_OUT_ATTRIBUTES =
  /^(?:xmlns:.*|xml:space|(?:sodipodi|inkscape|serif|sketch|figma):.*|data-.*|enable-background|xlink:title)$/;

/** Matches a reference to another element of the drawing. */
const LOCAL = /^#[\w.-]+$/;

/** Allowed functions in values. Others, such as `image-set()`, can load files. */
const FUNCTIONS = /^(?:url|rgba?|hsla?|matrix|translate|scale|rotate|skew[XY])$/i;

/** Attributes with free text, in which brackets are not functions. */
const FREE_TEXT = new Set(['id', 'aria-label', 'font-family']);

/** Maximum depth of elements, because parsers and browsers recurse. */
const MAX_DEPTH = 100;

/** Maximum number of drawn elements, counting each reference with everything that it draws. */
const MAX_DRAWN = 10_000;

/** What XML allows in no text: https://www.w3.org/TR/xml/#charsets */
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are meant
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

type XmlNode = Readonly<Record<string, unknown>>;

/** Returns why a drawing is no logo, as the end of a sentence. */
const refusal = (why: string) => new UserError('usage', why);

const options = {
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: true,
  // Numeric references too: editors write letters beyond ASCII as such.
  htmlEntities: true,
  commentPropName: '#comment',
} as const;

/** Refuses an attribute that could execute something, or load something from outside the drawing. */
function refuseAttribute(element: string, name: string, text: string): void {
  if (!ATTRIBUTES.has(name)) throw refusal(`its <${element}> has the attribute “${name}”`);
  // CSS escapes could hide a reference.
  if (text.includes('\\')) throw refusal(`its <${element}> has a backslash in “${name}”`);
  if (name === 'xmlns' && text !== 'http://www.w3.org/2000/svg') throw refusal('it is not SVG');
  const other = [...text.matchAll(/([^\s,;()]*)\s*\(/g)].find(([, called = '']) => !FUNCTIONS.test(called));
  if (other !== undefined && !FREE_TEXT.has(name)) {
    throw refusal(`its <${element}> has “${other[0]}” in “${name}”`);
  }
  const targets = [...text.matchAll(/url\(([^)]*)\)?/gi)].map(([, target = '']) =>
    target.replace(/^\s*['"]?|['"]?\s*$/g, ''),
  );
  if (name === 'href') targets.push(text);
  if (!targets.every((target) => LOCAL.test(target))) throw refusal('it refers to something outside of it');
}

function cleanAttributes(element: string, attributes: XmlNode): XmlNode {
  const kept = Object.entries(attributes).flatMap(([typed, value]) => {
    const name = typed === 'xlink:href' ? 'href' : typed;
    if (LEFT_OUT_ATTRIBUTES.test(name)) return [];
    const text = String(value);
    refuseAttribute(element, name, text);
    return [[name, text] as const];
  });
  return Object.fromEntries(kept);
}

function cleanNodes(nodes: readonly XmlNode[], depth = 0): XmlNode[] {
  if (depth > MAX_DEPTH) throw refusal('its elements are nested too deeply');
  return nodes.flatMap((node) => {
    const [name = ''] = Object.keys(node).filter((key) => key !== ':@');
    if (name === '#comment' || name.startsWith('?') || LEFT_OUT.test(name)) return [];
    if (name === '#text') return [node];
    if (!ELEMENTS.has(name)) throw refusal(`it contains <${name}>`);
    const attributes = cleanAttributes(name, Object(node[':@']) as XmlNode);
    return [{ [name]: cleanNodes(node[name] as readonly XmlNode[], depth + 1), ':@': attributes }];
  });
}

const nameOf = (node: XmlNode) => Object.keys(node).find((key) => key !== ':@' && key !== '#text');
const attributesOf = (node: XmlNode) =>
  Object.entries(Object(node[':@']) as Readonly<Record<string, string>>);
const childrenOf = (node: XmlNode) => (node[nameOf(node) ?? ''] ?? []) as readonly XmlNode[];

/** Returns the ids that an element refers to: `href="#a"`, `url(#b)`. */
function referencesOf(node: XmlNode): readonly string[] {
  return attributesOf(node).flatMap(([name, text]) => [
    ...(name === 'href' ? [text.slice(1)] : []),
    ...[...text.matchAll(/url\(\s*['"]?#([\w.-]+)/gi)].map(([, id = '']) => id),
  ]);
}

/**
 * Refuses a drawing that refers to itself, or whose references draw too many elements. A few lines of nested <use> or
 * <pattern> could block every visitor's browser.
 */
function refuseExpansion(root: XmlNode): void {
  const byId = new Map<string, XmlNode>();
  const index = (node: XmlNode) => {
    const id = attributesOf(node).find(([name]) => name === 'id')?.[1];
    // Browsers use the first of several elements with the same id.
    if (id !== undefined && !byId.has(id)) byId.set(id, node);
    childrenOf(node).forEach(index);
  };
  index(root);
  const drawn = new Map<XmlNode, number | 'open'>();
  const count = (node: XmlNode): number => {
    const known = drawn.get(node);
    if (known === 'open') throw refusal('it refers to itself');
    if (known !== undefined) return known;
    drawn.set(node, 'open');
    const targets = referencesOf(node)
      .map((id) => byId.get(id))
      .filter((target) => target !== undefined);
    let sum = 1;
    for (const one of [...childrenOf(node), ...targets]) sum += count(one);
    drawn.set(node, sum);
    return sum;
  };
  if (count(root) > MAX_DRAWN) throw refusal(`its references draw more than ${MAX_DRAWN} elements`);
}

/**
 * Returns an SVG drawing without what editors add.
 * @throws {UserError} `usage` for anything but shapes and text: scripts, styles, images, external references
 */
function cleanLogo(svg: string): string {
  if (/<!(?!--)/.test(svg)) throw refusal('it contains a document type or CDATA');
  if (FORBIDDEN.test(svg)) throw refusal('it contains a control character');
  let nodes: readonly XmlNode[];
  try {
    nodes = new XMLParser(options).parse(svg, true) as readonly XmlNode[];
  } catch {
    throw refusal('it is not well-formed XML');
  }
  const drawing = cleanNodes(nodes).filter((node) => !('#text' in node));
  const [root] = drawing;
  if (drawing.length !== 1 || root === undefined || !('svg' in root)) throw refusal('it is not SVG');
  const attributes = { xmlns: 'http://www.w3.org/2000/svg', ...(root[':@'] as XmlNode) };
  const text = new XMLBuilder(options).build([{ ...root, ':@': attributes }]).trim();
  if (Buffer.byteLength(text) > MAX_LOGO_BYTES) throw refusal(`it has more than ${MAX_LOGO_BYTES / 1000} kB`);
  refuseExpansion(root);
  return text;
}

/** Whether a text is a logo as {@link cleanLogo} returns it. */
export function isLogo(svg: string): boolean {
  try {
    return cleanLogo(svg) === svg;
  } catch (error) {
    if (!isUserError(error)) throw error;
    return false;
  }
}

/**
 * Returns an SVG drawing in the form that is stored with a deployment.
 * @param named Name of the drawing, for the start of an error.
 * @throws {UserError} `usage` with the reason
 */
export function storedLogo(svg: string, named: string): string {
  try {
    return cleanLogo(svg);
  } catch (error) {
    if (!isUserError(error)) throw error;
    throw new UserError('usage', `${named} is not a logo for the page: ${error.message}.`, {
      hint: 'Export a plain SVG of shapes and text, up to 20 kB, without scripts, styles and images.',
    });
  }
}

/**
 * Returns the drawing in a file, in the form that is stored with a deployment.
 * @throws {UserError} `usage` with the reason, or the error of a file that cannot be read
 */
export async function readLogo({ cwd }: Pick<Context, 'cwd'>, path: string): Promise<string> {
  const bytes = await readSmallFile(resolve(cwd, path), {
    source: `The logo ${path}`,
    most: MAX_FILE_BYTES,
    hint: 'Name an SVG file of shapes and text.',
  });
  return storedLogo(decodeText(bytes, { name: path }), `“${path}”`);
}
