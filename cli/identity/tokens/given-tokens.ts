import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Context } from '../../context.ts';
import { systemCode, UserError } from '../../errors.ts';
import { diskReason } from '../../settings/disk-errors.ts';
import { bareToken, decodeText } from '../../text.ts';
import { expiryOf, type TokenSource } from './access-token.ts';
import { renewingSource } from './renewing-source.ts';

/** More than any token, and more than the headers of a request have room for. */
const MAX_FILE_BYTES = 64 * 1024;

/**
 * Checks that the parts of a JWT are base64url. The edge verifies the rest.
 * @param source where the token is from, at the start of a sentence
 */
function requireToken(token: string, source: string): string {
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return token;
  const parts = token.split('.').length;
  const why = /[^\w.-]/.test(token)
    ? 'it contains characters that no token has'
    : `it has ${parts === 1 ? '1 part' : `${parts} parts`} instead of 3`;
  throw new UserError('usage', `${source} is not an access token: ${token === '' ? 'it is empty' : why}.`, {
    hint: 'Set it to what edge-upload token prints, or unset it.',
  });
}

/** Returns the error for a token of the environment that the edge refused. */
function refused(source: string, reason: string | undefined): UserError {
  const why = reason === undefined ? '' : `: ${reason.replace(/\.$/, '')}`;
  return new UserError('token_refused', `The edge does not accept the token in ${source}${why}.`, {
    hint: 'Set it to an access token of this edge, as edge-upload token prints it, or unset it.',
  });
}

/** Returns a source of a token from the environment, which is neither stored nor refreshed. */
export function givenToken(token: string): TokenSource {
  return {
    current: async () => requireToken(token, 'EDGE_UPLOAD_TOKEN'),
    async renew(_rejected, reason) {
      throw refused('EDGE_UPLOAD_TOKEN', reason);
    },
  };
}

/**
 * Returns a source of the token in a file that another program replaces, such as the kubelet. It is read again before
 * the token expires, and after the edge refused it.
 */
export function tokenOfFile({ cwd, now }: Pick<Context, 'cwd' | 'now'>, path: string): TokenSource {
  return renewingSource(async (rejected, reason) => {
    const accessToken = await readTokenFile(resolve(cwd, path), path);
    if (accessToken === rejected) throw refused(`EDGE_UPLOAD_TOKEN_FILE (${path})`, reason);
    // The edge judges an expired token by its own clock.
    const issuedAt = now();
    return { accessToken, issuedAt, expiresAt: expiryOf(accessToken) ?? issuedAt };
  }, now);
}

/**
 * Reads a token file. Unlike files of this program, it may be a link, readable by others and of another user: so are
 * the files that a kubelet writes. https://kubernetes.io/docs/concepts/storage/projected-volumes/
 * @throws {UserError} `file_missing`, `file_unreadable`, `file_is_folder` or `file_special`; `usage` for other content
 */
async function readTokenFile(path: string, name: string): Promise<string> {
  const source = `The file in EDGE_UPLOAD_TOKEN_FILE (${name})`;
  const { bytesRead, buffer } = await readBeginning(path, source);
  if (bytesRead > MAX_FILE_BYTES) {
    throw new UserError('usage', `${source} is larger than ${MAX_FILE_BYTES / 1024} KiB.`, {
      hint: 'Name a file that contains one access token.',
    });
  }
  const text = decodeText(buffer.subarray(0, bytesRead), { name: source });
  return requireToken(bareToken(text), source);
}

async function readBeginning(path: string, source: string) {
  // Without O_NONBLOCK, opening a pipe that nobody writes to would hang. Windows does not know the flag.
  const { O_RDONLY, O_NONBLOCK = 0 } = constants as Partial<typeof constants> & { readonly O_RDONLY: number };
  try {
    const file = await open(path, O_RDONLY | O_NONBLOCK);
    try {
      const found = await file.stat();
      if (!found.isFile()) throw notAFile(source, found.isDirectory());
      const buffer = Buffer.alloc(MAX_FILE_BYTES + 1);
      let bytesRead = 0;
      while (bytesRead < buffer.length) {
        const more = await file.read(buffer, bytesRead, buffer.length - bytesRead);
        if (more.bytesRead === 0) break;
        bytesRead += more.bytesRead;
      }
      return { bytesRead, buffer };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    const isMissing = ['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '');
    throw new UserError(
      isMissing ? 'file_missing' : 'file_unreadable',
      `${source} ${isMissing ? 'does not exist' : `cannot be read: ${diskReason(error)}`}.`,
      { hint: 'Correct the variable, or unset it.', cause: error },
    );
  }
}

function notAFile(source: string, isFolder: boolean): UserError {
  const code = isFolder ? 'file_is_folder' : 'file_special';
  return new UserError(code, `${source} is ${isFolder ? 'a folder' : 'not a plain file'}.`, {
    hint: 'Name a file that contains one access token. It is read again when the token expires.',
  });
}
