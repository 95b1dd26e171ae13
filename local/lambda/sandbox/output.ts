import { writeSync } from 'node:fs';

/** Delay before a full pipe is retried, milliseconds. */
const PAUSE_MS = 1;

/**
 * Writes to a descriptor synchronously, so that output arrives before a later result and is not lost when the process
 * ends. Node's stream would buffer what the pipe does not accept at once.
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
