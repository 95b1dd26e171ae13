import * as fs from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';

const open = promisify(fs.open);

/**
 * Opens a file or a named pipe for reading. Opening a pipe does not wait for its writer: a thread blocked in it would keep
 * the process alive after Ctrl-C.
 * @throws the system's error
 */
export async function openInput(path: string | Buffer): Promise<Readable> {
  if (!(await stat(path)).isFIFO()) return fs.createReadStream(path);
  const fd = await open(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false });
}
