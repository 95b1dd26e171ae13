import { Transform, type TransformCallback } from 'node:stream';
import { call } from '../bridge.ts';
import { ZLIB_METHODS } from '../bridge-names.ts';
import { Buffer, fromLatin1, latin1, toBuffer } from './buffer.ts';

type Done = (error: Error | null, result?: Buffer) => void;

/** Processes whole inputs: a stream's chunks are collected first. Options are ignored. */
function method(name: string) {
  const sync = (input: unknown) => fromLatin1(call('zlib', name, latin1(input)));
  const later = (input: unknown, ...rest: unknown[]) => {
    const done = rest.at(-1) as Done;
    setImmediate(() => {
      try {
        done(null, sync(input));
      } catch (error) {
        done(error as Error);
      }
    });
  };
  const stream = () => {
    const chunks: Buffer[] = [];
    return new Transform({
      transform(chunk: unknown, encoding: BufferEncoding, next: TransformCallback) {
        chunks.push(toBuffer(chunk, encoding));
        next();
      },
      flush(next: TransformCallback) {
        later(Buffer.concat(chunks), next);
      },
    });
  };
  const title = name.charAt(0).toUpperCase() + name.slice(1);
  return { [name]: later, [`${name}Sync`]: sync, [`create${title}`]: stream };
}

export const zlib: object = Object.assign(
  { crc32: (input: unknown) => Number(call('crc32', latin1(input))) },
  ...ZLIB_METHODS.map(method),
);
