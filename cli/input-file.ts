import { constants, createReadStream, open as openDescriptor } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { omitUndefined } from '../protocol/fields.ts';
import { UserError } from './errors.ts';
import { inputError } from './settings/disk-errors.ts';

interface SmallFile {
  /** What the file is, as the beginning of a sentence. */
  readonly source: string;
  /** Largest size in bytes. */
  readonly most: number;
  /** Which file to name instead of a folder, a pipe or a large file. */
  readonly hint?: string;
}

/**
 * Reads a small file that the user names. Unlike files of edge-upload, it can be a link, readable by others, or of another
 * user.
 * @throws {UserError} `file_missing`, `file_unreadable`, `file_is_folder` or `file_special`; `usage` for a larger file
 */
export async function readSmallFile(path: string, asked: SmallFile): Promise<Uint8Array> {
  const { source } = asked;
  try {
    return await readPlainFile(path, asked);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw inputError(source, error, 'Check the path and its permissions (ls -l).');
  }
}

async function readPlainFile(path: string, { source, most, hint }: SmallFile): Promise<Uint8Array> {
  // Without O_NONBLOCK, opening a pipe that nobody writes to would hang. On Windows it is `undefined`, which counts as 0.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    if (!found.isFile()) {
      const isFolder = found.isDirectory();
      throw new UserError(
        isFolder ? 'file_is_folder' : 'file_special',
        `${source} is ${isFolder ? 'a folder' : 'not a plain file'}.`,
        omitUndefined({ hint }),
      );
    }
    const buffer = Buffer.alloc(most + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    if (length <= most) return buffer.subarray(0, length);
    throw new UserError('usage', `${source} is larger than ${most / 1024} KiB.`, omitUndefined({ hint }));
  } finally {
    await file.close();
  }
}

/**
 * Opens a file or a named pipe for reading. Opening a pipe does not wait for its writer: a thread blocked in it would keep
 * the process alive after Ctrl-C.
 * @throws the system's error
 */
export async function openInput(path: string | Buffer): Promise<Readable> {
  if (!(await stat(path)).isFIFO()) return createReadStream(path);
  const fd = await promisify(openDescriptor)(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false });
}
