import { resolve } from 'node:path';
import { command } from '../../command-line.ts';
import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { readSmallFile } from '../../input-file.ts';
import { bareToken, decodeText } from '../../text.ts';
import { expiryOf, requireToken, type TokenSource } from './access-token.ts';
import { issuedToken, readIssuedToken } from './issued-token.ts';
import { renewingSource } from './session.ts';

/** Returns the error for a token of the environment that the edge refused. */
function refused(source: string, reason: string | undefined): UserError {
  const why = reason === undefined ? '' : `: ${reason.replace(/\.$/, '')}`;
  return new UserError('token_refused', `The edge does not accept the token in ${source}${why}.`, {
    hint: [
      'Unset it, or set it to an access token of this edge, which this prints:',
      command`edge-upload token`,
    ],
  });
}

/** Returns a source of the token of a link. */
export function tokenOfLink(token: string): TokenSource {
  return issuedToken(token, readIssuedToken(token) ?? { kind: 'link' }, 'link');
}

/** Returns a source of a token from the environment, which is neither stored nor refreshed. */
export function givenToken(token: string): TokenSource {
  const issued = readIssuedToken(token);
  if (issued !== undefined) {
    requireToken(token, 'EDGE_UPLOAD_TOKEN');
    return issuedToken(token, issued, 'EDGE_UPLOAD_TOKEN');
  }
  return {
    current: async () => requireToken(token, 'EDGE_UPLOAD_TOKEN'),
    async renew(_rejected, reason) {
      throw refused('EDGE_UPLOAD_TOKEN', reason);
    },
    endsAt: async () => expiryOf(token),
  };
}

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

/**
 * Returns a source of the token in a file that another program replaces, such as the kubelet. It is read again before
 * the token expires, and after the edge refused it.
 */
export function tokenOfFile({ cwd, now }: Pick<Context, 'cwd' | 'now'>, path: string): TokenSource {
  return renewingSource(async (rejected, reason) => {
    const accessToken = await readTokenFile(
      resolve(cwd, path),
      `The file in EDGE_UPLOAD_TOKEN_FILE (${path})`,
    );
    if (accessToken === rejected) throw refused(`EDGE_UPLOAD_TOKEN_FILE (${path})`, reason);
    // The edge judges an expired token by its own clock.
    const issuedAt = now();
    return { accessToken, issuedAt, expiresAt: expiryOf(accessToken) ?? issuedAt };
  }, now);
}
