/*
 * Reads the lists of S3, which are flat and have no attributes, comments or CDATA. Text in them is escaped, so that a tag
 * is never part of a text.
 */

/** Returns what is between the tags of every element of a name. An element without its end is left out. */
export function childrenOf(xml: string, name: string): string[] {
  const [open, close] = [`<${name}>`, `</${name}>`];
  const found: string[] = [];
  for (let from = xml.indexOf(open); from >= 0; ) {
    const end = xml.indexOf(close, from);
    if (end < 0) break;
    found.push(xml.slice(from + open.length, end));
    from = xml.indexOf(open, end);
  }
  return found;
}

/** Returns what is between the tags of the first element of a name. */
export function childOf(xml: string, name: string): string | undefined {
  const open = `<${name}>`;
  const from = xml.indexOf(open);
  const end = from < 0 ? -1 : xml.indexOf(`</${name}>`, from);
  return end < 0 ? undefined : xml.slice(from + open.length, end);
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const REFERENCE = /&(?:#x([\da-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi;

/** Returns the text of an element, with its references replaced. */
export function plainText(xml: string): string {
  if (!xml.includes('&')) return xml;
  return xml.replace(REFERENCE, (reference, hex: string, decimal: string, name: string) => {
    if (name !== undefined) return NAMED[name.toLowerCase()] ?? reference;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : reference;
  });
}
