import { percentEncode } from '../../protocol/percent-encode.ts';
import { Refusal } from '../refusal.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MAX_KEY_BYTES = 1024;

/** The folder that the edge keeps for itself (RFC 8615). */
const RESERVED = '.well-known';

/** Where the edge describes itself, as a key. */
export const DESCRIPTION_KEY = `${RESERVED}/edge-upload`;

function decode(path: string): string {
  // What a raw byte beyond ASCII means depends on who reads it; a percent-encoded one has one meaning.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII
  if (/[^\u0000-\u007f]/.test(path)) {
    throw new Refusal('bad_key', 'The path holds characters that must be percent-encoded.');
  }
  try {
    return decodeURIComponent(path);
  } catch {
    throw new Refusal('bad_key', 'The path is not percent-encoded UTF-8.');
  }
}

/** Why a decoded key cannot be stored, as the end of a sentence; `undefined` where it can. */
function keyProblem(key: string): string | undefined {
  if (key === '') return 'is empty';
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return `is longer than ${MAX_KEY_BYTES} bytes`;
  if (/\p{Cc}/u.test(key)) return 'holds a control character';
  const segments = key.split('/');
  if (segments.includes('')) return 'begins or ends with “/” or holds “//”';
  if (segments.includes('.') || segments.includes('..')) return 'has “.” or “..” as a segment';
  if (segments[0] === RESERVED && key !== DESCRIPTION_KEY)
    return `is below “${RESERVED}/”, which is reserved`;
  return undefined;
}

/**
 * The key that a path addresses, percent-decoded once as S3 does, so that what is judged is what would be stored:
 * an encoded slash or dot counts as a slash or dot.
 * @throws {Refusal} `bad_key`
 */
export function readKey(uri: string): string {
  const key = uri.startsWith('/') ? decode(uri.slice(1)) : '';
  const problem = keyProblem(key);
  if (problem !== undefined) throw new Refusal('bad_key', `The key ${problem}.`);
  return key;
}

/** The one path that addresses a key: all but unreserved characters and slashes is percent-encoded. */
export function uriOf(key: string): string {
  return `/${percentEncode(key).replaceAll('%2F', '/')}`;
}
