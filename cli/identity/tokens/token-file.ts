import { readSmallFile } from '../../input-file.ts';
import { bareToken, decodeText } from '../../text.ts';
import { requireToken } from './access-token.ts';

/** Larger than any token: the headers of a request have less room. */
const MAX_FILE_BYTES = 64 * 1024;

/**
 * Reads a token file. Links, files of other users and files that others can read are accepted, as a kubelet writes such
 * files. https://kubernetes.io/docs/concepts/storage/projected-volumes/
 * @param source what the file is, at the start of a sentence
 * @throws {UserError} `file_missing`, `file_unreadable`, `file_is_folder` or `file_special`; `usage` for other content
 */
export async function readTokenFile(path: string, source: string): Promise<string> {
  const bytes = await readSmallFile(path, {
    source,
    most: MAX_FILE_BYTES,
    hint: 'Name a file that contains one access token. It is read again when the token expires.',
  });
  return requireToken(bareToken(decodeText(bytes, { name: source })), source);
}
