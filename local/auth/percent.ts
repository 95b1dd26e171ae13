const UNRESERVED = /[A-Za-z0-9\-._~]/;
const BYTE_NAMES = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return UNRESERVED.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
});

/** RFC 3986 encoding as signature version 4 wants it: everything but `A–Z a–z 0–9 - . _ ~`, upper-case hex. */
export function percentEncode(text: string | Uint8Array): string {
  let encoded = '';
  for (const byte of typeof text === 'string' ? Buffer.from(text) : text) encoded += BYTE_NAMES[byte];
  return encoded;
}

/**
 * The bytes a raw part of a request target stands for. `undefined` where a `%` is not followed by two hex digits.
 * Node hands targets over as one character a byte, so bytes that were sent unencoded stay what they were.
 */
export function percentDecode(raw: string): Buffer | undefined {
  if (!raw.includes('%')) return Buffer.from(raw, 'latin1');
  const bytes: number[] = [];
  for (let at = 0; at < raw.length; at++) {
    if (raw[at] !== '%') {
      bytes.push(raw.charCodeAt(at) & 0xff);
      continue;
    }
    const hex = raw.slice(at + 1, at + 3);
    if (!/^[0-9a-fA-F]{2}$/.test(hex)) return undefined;
    bytes.push(Number.parseInt(hex, 16));
    at += 2;
  }
  return Buffer.from(bytes);
}

/** A raw query's pairs, decoded, in order; a name without `=` has an empty value. `+` stands for a space. */
export function queryPairs(raw: string): [name: string, value: string][] | undefined {
  const pairs: [string, string][] = [];
  for (const part of raw.split('&')) {
    if (part === '') continue;
    const [rawName = '', ...rest] = part.replaceAll('+', '%20').split('=');
    const name = percentDecode(rawName);
    const value = percentDecode(rest.join('='));
    if (name === undefined || value === undefined) return undefined;
    pairs.push([name.toString(), value.toString()]);
  }
  return pairs;
}
