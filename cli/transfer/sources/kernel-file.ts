import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { UserError } from '../../errors.ts';
import { difference, fileChanged, stampOf } from './file-stamp.ts';
import { pipeHint } from './read-error.ts';

const read = promisify(fs.read);

/** Maximum bytes that are read of a kernel file. */
const MAX_SNAPSHOT = 1024 * 1024;

/**
 * Reads a kernel file, whose length is not the reported one.
 * @returns `undefined` for an ordinary file.
 * @throws {UserError} `file_special` for a longer one, `file_changed` for one that is being written.
 */
export async function readSnapshot(
  name: string,
  descriptor: number,
  stats: fs.BigIntStats,
): Promise<Buffer | undefined> {
  const buffer = Buffer.allocUnsafe(Math.max(Number(stats.size), 4096) + 1);
  let bytes = await readAt(descriptor, buffer, 0);
  if (bytes.length === Number(stats.size)) return undefined;
  const now = stampOf(fs.fstatSync(descriptor, { bigint: true }));
  const changed = difference({ ...stampOf(stats), mtimeNs: now.mtimeNs }, now);
  if (changed !== undefined) throw fileChanged(name, changed);
  if (bytes.length === buffer.length) {
    const rest = await readAt(descriptor, Buffer.allocUnsafe(MAX_SNAPSHOT), bytes.length);
    bytes = Buffer.concat([bytes, rest]);
  }
  if (bytes.length > MAX_SNAPSHOT) {
    throw new UserError(
      'file_special',
      `${name} has more bytes than its size of ${stats.size}.`,
      pipeHint(name),
    );
  }
  return bytes;
}

/** Fills the buffer from an offset of the file, up to the file's end. */
async function readAt(descriptor: number, buffer: Buffer, from: number): Promise<Buffer> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await read(descriptor, buffer, filled, buffer.length - filled, from + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
