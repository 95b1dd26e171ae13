import { read, writeSync } from 'node:fs';
import { LineSplitter } from '../line-splitter.ts';

const CHUNK = 64 * 1024;

/**
 * Reads lines of standard input directly from its descriptor: a stream would be a socket, which this process cannot
 * use. The input ends when the embedded cloud ends, even in a crash.
 */
export function readLines(onLine: (line: string) => void, onEnd: () => void): void {
  const chunk = Buffer.allocUnsafe(CHUNK);
  const lines = new LineSplitter(onLine);
  const next = () =>
    read(0, chunk, 0, CHUNK, null, (error, size) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(next, 1);
        return;
      }
      if (error !== null || size === 0) {
        onEnd();
        return;
      }
      lines.append(chunk.subarray(0, size));
      next();
    });
  next();
}

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
