import { UserError } from '../errors.ts';

/** S3's own bound, in UTF-8 bytes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MAX_KEY_BYTES = 1024;

/** What the edge keeps for itself. */
const RESERVED = '.well-known';

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** Why a key cannot be stored through the edge, as the end of a sentence; `undefined` where it can. The edge's own rule. */
export function keyProblem(key: string): string | undefined {
  if (key === '') return 'it is empty';
  const bytes = Buffer.from(key, 'utf8');
  if (bytes.toString('utf8') !== key) return 'it is not valid UTF-8';
  if (bytes.length > MAX_KEY_BYTES) return `it has ${bytes.length} bytes; S3 takes ${MAX_KEY_BYTES}`;
  if (CONTROL.test(key)) return 'it has a control character in it';
  const segments = key.split('/');
  if (segments.includes('')) return 'it begins or ends with “/” or has “//” in it';
  if (segments.includes('.') || segments.includes('..')) return 'it has “.” or “..” as a folder';
  if (segments[0] === RESERVED) return `“${RESERVED}/” is the edge's own`;
  return undefined;
}

/** @throws {UserError} `bad_key` for a key that the edge would refuse. */
export function checkKey(key: string, source: string): void {
  const problem = keyProblem(key);
  if (problem === undefined) return;
  throw new UserError('bad_key', `${source} cannot be stored under the key “${key}”: ${problem}.`, {
    hint: 'Choose another key with --as or --prefix.',
  });
}

/** A key as a URL path without its leading `/`: every byte but RFC 3986's unreserved ones and `/` percent-encoded. */
export function encodeKey(key: string): string {
  return encodeURIComponent(key)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%2F/g, '/');
}
