import { writeSync } from 'node:fs';

/** How long a full pipe is left alone before it is tried again, milliseconds. */
const PAUSE_MS = 1;

/**
 * Writes to a descriptor and returns when it is out: what was written before a result is read before it, and what a
 * process wrote before it ended is not lost. Node's own stream would keep what the pipe does not take at once.
 */
export function writeOut(descriptor: number, text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) rest = rest.subarray(tryWrite(descriptor, rest));
}

/** @returns bytes written */
function tryWrite(descriptor: number, bytes: Buffer): number {
  try {
    return writeSync(descriptor, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    return 0;
  }
}
