import { Transform, type TransformCallback } from 'node:stream';
import { call } from '../bridge.ts';
import { ZLIB_METHODS } from '../bridge-names.ts';
import { Buffer, fromLatin1, latin1, toBuffer } from './buffer.ts';
import { maybeLater } from './util.ts';

/** Processes whole inputs: a stream's chunks are collected first. Options are ignored. */
function method(name: string) {
  const sync = (input: unknown) => fromLatin1(call('zlib', name, latin1(input)));
  const stream = () => {
    const chunks: Buffer[] = [];
    return new Transform({
      transform(chunk: unknown, encoding: BufferEncoding, next: TransformCallback) {
        chunks.push(toBuffer(chunk, encoding));
        next();
      },
      flush(next: TransformCallback) {
        maybeLater(sync)(Buffer.concat(chunks), next);
      },
    });
  };
  const title = name.charAt(0).toUpperCase() + name.slice(1);
  return { [name]: maybeLater(sync), [`${name}Sync`]: sync, [`create${title}`]: stream };
}

export const zlib: object = Object.assign(
  { crc32: (input: unknown) => Number(call('crc32', latin1(input))) },
  ...ZLIB_METHODS.map(method),
);
