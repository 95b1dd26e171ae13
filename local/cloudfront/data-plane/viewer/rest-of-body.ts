import type { IncomingMessage } from 'node:http';

/** How much of an unwanted body is read so that the viewer may come to reading its answer. */
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_MS = 10_000;

/**
 * Reads and drops what still comes of a body that was answered early. Resolves when the body has ended, or the viewer
 * has gone, or it sent so much or so long after the answer that its connection is cut.
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
