import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** A certificate has 1 KB, and the bundle of a system 300 KB. */
const MAX_BYTES = 1024 * 1024;

/** Reads a regular file. Opening a pipe would stop the whole process, Ctrl-C included, until something writes to it. */
export function readRegular(path: string): Buffer {
  // Windows does not have the flag, and `undefined` counts as 0.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    const isUsable = stats.isFile() && stats.size <= MAX_BYTES;
    if (!isUsable) throw Object.assign(new Error('not a certificate'), { code: 'EINVAL' });
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
