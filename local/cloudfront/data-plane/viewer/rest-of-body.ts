import type { IncomingMessage } from 'node:http';

/** Bytes of an unwanted body that are read, so that the viewer gets to read its answer. */
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_MS = 10_000;

/**
 * Reads and drops the rest of a body that was answered early. Resolves when the body ends, the viewer disconnects, or
 * the limits of size and time are reached and the connection is closed.
 */
export function restOfBody(message: IncomingMessage): Promise<void> {
  message.unpipe();
  if (message.complete) {
    message.resume();
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    let left = MAX_BYTES;
    const timer = setTimeout(() => message.socket.destroy(), MAX_MS);
    timer.unref();
    const over = () => {
      clearTimeout(timer);
      resolve();
    };
    message.once('end', over).once('close', over).once('error', over);
    message.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) message.socket.destroy();
    });
    message.resume();
  });
}
