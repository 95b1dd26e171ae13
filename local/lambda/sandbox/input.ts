import { read } from 'node:fs';

const CHUNK = 64 * 1024;

/**
 * Reads lines of standard input directly from its descriptor: a stream would be a socket, which this process cannot
 * use. The input ends when the embedded cloud ends, even in a crash.
 */
export function readLines(onLine: (line: string) => void, onEnd: () => void): void {
  const chunk = Buffer.allocUnsafe(CHUNK);
  let rest: Buffer[] = [];
  const take = (bytes: Buffer) => {
    let from = 0;
    for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, from)) {
      const line = Buffer.concat([...rest, bytes.subarray(from, at)]).toString('utf8');
      rest = [];
      from = at + 1;
      onLine(line);
    }
    if (from < bytes.length) rest.push(Buffer.from(bytes.subarray(from)));
  };
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
      take(chunk.subarray(0, size));
      next();
    });
  next();
}
