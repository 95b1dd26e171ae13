import { DESCRIPTION_KEY, keyProblem } from '../../protocol/object-url.ts';
import { Refusal } from '../refusal.ts';

function decode(path: string): string {
  // Non-ASCII bytes in a path are ambiguous; percent-encoded ones are not.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII
  if (/[^\u0000-\u007f]/.test(path)) {
    throw new Refusal('bad_key', 'The path contains characters that must be percent-encoded.');
  }
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    throw new Refusal('bad_key', 'The path is not percent-encoded UTF-8.');
  }
}

/**
 * Returns the key that a path names. Decodes it once, as S3 does, so that the checked key is the stored key. An encoded
 * slash or dot therefore counts as a slash or dot.
 * @throws {Refusal} `bad_key`
 */
export function readKey(uri: string): string {
  const key = uri.startsWith('/') ? decode(uri.slice(1)) : '';
  if (key === DESCRIPTION_KEY) return key;
  const problem = keyProblem(key);
  if (problem !== undefined) throw new Refusal('bad_key', `The key ${problem}.`);
  return key;
}
