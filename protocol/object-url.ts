/** S3's limit, in UTF-8 bytes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MAX_KEY_BYTES = 1024;

/** Folder reserved for the edge itself (RFC 8615). No uploader can write to it. */
export const RESERVED_FOLDER = '.well-known';

/** Key of the edge's description. */
export const DESCRIPTION_KEY = `${RESERVED_FOLDER}/edge-upload`;

/** Whether a key is reserved for the deployment's own records. */
export function isOwnKey(key: string): boolean {
  return key.startsWith(`${DESCRIPTION_KEY}/`);
}

/** Returns why the edge refuses a key, as the end of a sentence; `undefined` if it accepts the key. */
export function keyProblem(key: string): string | undefined {
  if (key === '') return 'is empty';
  const isPlain = /^[ -~]*$/.test(key);
  if (!isPlain && /\p{Cs}/u.test(key)) return 'is not valid Unicode';
  const bytes = isPlain ? key.length : new TextEncoder().encode(key).length;
  if (bytes > MAX_KEY_BYTES) return `has ${bytes} bytes; the limit is ${MAX_KEY_BYTES}`;
  if (!isPlain && /\p{Cc}/u.test(key)) return 'contains a control character';
  const segments = key.split('/');
  if (segments.includes('')) return 'begins or ends with “/” or contains “//”';
  if (segments.includes('.') || segments.includes('..')) return 'has “.” or “..” as a segment';
  if (segments[0] === RESERVED_FOLDER) return `is below “${RESERVED_FOLDER}/”, which is reserved`;
  return undefined;
}

/**
 * Percent-encodes text in UTF-8 as signature version 4 requires: everything except RFC 3986's unreserved characters.
 * `encodeURIComponent` leaves five more characters unencoded.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 * @throws {URIError} for a lone surrogate
 */
function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Returns the URL path of a key, without the leading `/`. Slashes are not encoded. */
export function encodeKey(key: string): string {
  if (/^[\w.~/-]*$/.test(key)) return key;
  return percentEncode(key).replaceAll('%2F', '/');
}

/** Returns a query string without the `?`. Names are not encoded. */
export function encodeQuery(query: Iterable<readonly [name: string, value: string]>): string {
  return [...query].map(([name, value]) => `${name}=${percentEncode(value)}`).join('&');
}

/** Returns text with percent-encoded ASCII decoded. Mail programs also encode characters of a link that need no encoding. */
export function decodeAscii(text: string): string {
  return text.replace(/%([0-7][\da-f])/gi, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

const LOOPBACK = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether a host name, as in `URL.hostname`, always means this computer. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

/**
 * Whether a host, as in `URL.hostname`, is a plain name or address. URL hosts can also contain `*`, `;`, `,` and
 * quotes, which have a meaning in a Content-Security-Policy.
 */
export function isPlainHost(hostname: string): boolean {
  return /^(?:[\w-]+(?:\.[\w-]+)*\.?|\[[\da-f:.]+\])$/.test(hostname);
}

/** Whether credentials can be sent to a URL: over https, or over http to this computer. */
export function isSecureOrigin({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

/**
 * Returns the token at the start of a URL's fragment, which a deployment signed: `eul_` for a link, `euk_` for a key;
 * `undefined` if it has none. Text after it is ignored, such as the rest of a sentence that was copied too.
 */
export function issuedToken(fragment: string): string | undefined {
  return /^#?(eu[lk]_[\w-]+\.[\w-]+\.[\w-]+)/.exec(decodeAscii(fragment))?.[1];
}

/** Whether a typed word is the address of a link, which is the edge and a token after `#`, or contains its token. */
export function isLinkAddress(word: string): boolean {
  return /^[^#]*#eu[lk]_|eu[lk]_eyJ/.test(decodeAscii(word));
}
