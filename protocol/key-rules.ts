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
