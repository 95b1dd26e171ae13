import bufferPackage from 'buffer/';
import { call } from '../bridge.ts';

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

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Extends the `buffer` package, Node's Buffer, with the newest encoding and faster text conversion. */
const { Buffer: Plain } = bufferPackage as unknown as { Buffer: BufferConstructor };
const { from, isEncoding, byteLength } = Plain as unknown as Record<string, Method>;
const prototype = Plain.prototype as unknown as Record<string, Method>;
const { write } = prototype;
const plainToString = Plain.prototype.toString as unknown as Method;

const isBase64Url = (encoding: unknown) => typeof encoding === 'string' && /^base64url$/i.test(encoding);
const isUtf8 = (encoding: unknown) =>
  encoding === undefined || (typeof encoding === 'string' && /^utf-?8$/i.test(encoding));
const isLatin1 = (encoding: unknown) => encoding === 'latin1' || encoding === 'binary';
/** The package decodes both base64 alphabets, but does not know the name `base64url`. */
const known = (encoding: unknown) => (isBase64Url(encoding) ? 'base64' : encoding);

function asBuffer(bytes: Uint8Array): Uint8Array {
  return Object.setPrototypeOf(bytes, Plain.prototype) as Uint8Array;
}

const NOT_ASCII = /[\u0080-\uffff]/;

function utf8Bytes(text: string): Uint8Array {
  return latin1Bytes(NOT_ASCII.test(text) ? call('text.encode', text) : text);
}

function utf8Length(text: string): number {
  return NOT_ASCII.test(text) ? call('text.encode', text).length : text.length;
}

export function latin1Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}

const CHUNK = 8192;

export function latin1Text(bytes: Uint8Array): string {
  let text = '';
  for (let from = 0; from < bytes.length; from += CHUNK) {
    const chunk = bytes.subarray(from, from + CHUNK);
    text += String.fromCharCode.apply(null, chunk as unknown as number[]);
  }
  return text;
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, configurable: true });
}

define(Plain, 'from', (value: unknown, encoding?: unknown, length?: unknown) => {
  if (typeof value === 'string' && isUtf8(encoding)) return asBuffer(utf8Bytes(value));
  if (typeof value === 'string' && isLatin1(encoding)) return asBuffer(latin1Bytes(value));
  return from?.call(Plain, value, known(encoding), length);
});
define(
  Plain,
  'isEncoding',
  (encoding: unknown) => isBase64Url(encoding) || isEncoding?.call(Plain, encoding),
);
define(Plain, 'byteLength', (value: unknown, encoding?: unknown) =>
  typeof value === 'string' && isUtf8(encoding)
    ? utf8Length(value)
    : byteLength?.call(Plain, value, known(encoding)),
);
define(prototype, 'toString', function (this: Buffer, encoding?: unknown, ...range: [number?, number?]) {
  if (isUtf8(encoding)) return call('text.decode', 'utf-8', 'b', latin1Text(this.subarray(...range)));
  if (isLatin1(encoding)) return latin1Text(this.subarray(...range));
  if (!isBase64Url(encoding)) return plainToString?.call(this, encoding, ...range);
  const text = String(plainToString?.call(this, 'base64', ...range));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
});
define(prototype, 'write', function (this: Buffer, ...args: unknown[]) {
  return write?.apply(this, args.map(known));
});

type Buffer = globalThis.Buffer;

export { Plain as Buffer };
export const constants = { MAX_LENGTH: 2 ** 31 - 1, MAX_STRING_LENGTH: 2 ** 29 - 24 };
export const kMaxLength = constants.MAX_LENGTH;
