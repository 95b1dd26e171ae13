import { DESCRIPTION_KEY, keyProblem } from '../../protocol/key-rules.ts';
import { Refusal } from '../refusal.ts';

function decode(path: string): string {
  // Raw bytes beyond ASCII are ambiguous; percent-encoded bytes are not.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII
  if (/[^\u0000-\u007f]/.test(path)) {
    throw new Refusal('bad_key', 'The path contains characters that must be percent-encoded.');
  }
  try {
    return decodeURIComponent(path);
  } catch {
    throw new Refusal('bad_key', 'The path is not percent-encoded UTF-8.');
  }
}

/**
 * Returns the key that a path names, percent-decoded once as S3 does, so that the key that is judged is the key that S3
 * stores: an encoded slash or dot counts as a slash or dot.
 * @throws {Refusal} `bad_key`
 */
export function readKey(uri: string): string {
  const key = uri.startsWith('/') ? decode(uri.slice(1)) : '';
  if (key === DESCRIPTION_KEY) return key;
  const problem = keyProblem(key);
  if (problem !== undefined) throw new Refusal('bad_key', `The key ${problem}.`);
  return key;
}
