import { Buffer } from './buffer.ts';

/** Encodes a binary value for the bridge, one character a byte. */
export function latin1(bytes: unknown, encoding?: BufferEncoding): string {
  return toBuffer(bytes, encoding).toString('latin1');
}

export function toBuffer(value: unknown, encoding: BufferEncoding = 'utf8'): Buffer {
  if (typeof value === 'string') return Buffer.from(value, encoding);
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) return Buffer.from(value);
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  throw Object.assign(
    new TypeError('The argument must be of type string or an instance of Buffer, TypedArray, or DataView.'),
    { code: 'ERR_INVALID_ARG_TYPE' },
  );
}

export function fromLatin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** Copies bytes into a new ArrayBuffer. */
export function arrayBufferOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}
