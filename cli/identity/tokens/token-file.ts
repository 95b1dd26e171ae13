import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { systemCode, UserError } from '../../errors.ts';
import { diskReason } from '../../settings/disk-errors.ts';
import { bareToken, decodeText } from '../../text.ts';
import { requireToken } from './token-text.ts';

/** More than any token, and more than the headers of a request have room for. */
const MAX_FILE_BYTES = 64 * 1024;

/**
 * Reads a token file. Unlike files of this program, it may be a link, readable by others and of another user: so are
 * the files that a kubelet writes. https://kubernetes.io/docs/concepts/storage/projected-volumes/
 * @param source what the file is, at the start of a sentence
 * @throws {UserError} `file_missing`, `file_unreadable`, `file_is_folder` or `file_special`; `usage` for other content
 */
export async function readTokenFile(path: string, source: string): Promise<string> {
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
      { hint: 'Check the path and its permissions (ls -l).', cause: error },
    );
  }
}

function notAFile(source: string, isFolder: boolean): UserError {
  const code = isFolder ? 'file_is_folder' : 'file_special';
  return new UserError(code, `${source} is ${isFolder ? 'a folder' : 'not a plain file'}.`, {
    hint: 'Name a file that contains one access token. It is read again when the token expires.',
  });
}
