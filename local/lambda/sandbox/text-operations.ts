import { parse } from 'node:url';
import * as zlib from 'node:zlib';
import { fromBytes, type Operation, toBytes } from './bridge.ts';

/** Bytes that a compressed text may grow to. */
const UNPACKED_LIMIT = 32 * 1024 * 1024;

const PARTS = [
  'href',
  'origin',
  'protocol',
  'username',
  'password',
  'host',
  'hostname',
  'port',
  'pathname',
  'search',
  'hash',
] as const;

function parts(url: URL): string {
  return JSON.stringify(Object.fromEntries(PARTS.map((name) => [name, url[name]])));
}

function setPart(href: string, name: string, value: string): string {
  const url = new URL(href);
  const part = PARTS.find((one) => one === name);
  if (part !== undefined && part !== 'origin') url[part] = value;
  return parts(url);
}

function decode(label: string, flags: string, bytes: string): string {
  const options = { fatal: flags.includes('f'), ignoreBOM: flags.includes('b') };
  return new TextDecoder(label, options).decode(toBytes(bytes));
}

const ZLIB = new Map<string, (input: Uint8Array, options: { maxOutputLength: number }) => Buffer>([
  ['brotliCompress', zlib.brotliCompressSync],
  ['brotliDecompress', zlib.brotliDecompressSync],
  ['deflate', zlib.deflateSync],
  ['deflateRaw', zlib.deflateRawSync],
  ['gunzip', zlib.gunzipSync],
  ['gzip', zlib.gzipSync],
  ['inflate', zlib.inflateSync],
  ['inflateRaw', zlib.inflateRawSync],
  ['unzip', zlib.unzipSync],
]);

function compress(method: string, bytes: string): string {
  const work = ZLIB.get(method);
  if (work === undefined) throw new Error(`no method ${method}`);
  return fromBytes(work(toBytes(bytes), { maxOutputLength: UNPACKED_LIMIT }));
}

/** CRC-32 as zlib's: https://www.rfc-editor.org/rfc/rfc1952#section-8 */
function crc32(bytes: string): number {
  let crc = 0xffffffff;
  for (let at = 0; at < bytes.length; at += 1) {
    crc ^= bytes.charCodeAt(at);
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** Addresses, encodings and compression, for which Node has code that the language has not. */
export const textOperations: Readonly<Record<string, Operation>> = {
  'url.parse': (input) => parts(new URL(input)),
  'url.resolve': (input, base) => parts(new URL(input, base)),
  'url.set': setPart,
  'url.legacy': (input) => JSON.stringify(parse(input)),
  'query.parse': (text) => JSON.stringify([...new URLSearchParams(text)]),
  'query.build': (pairs) => String(new URLSearchParams(JSON.parse(pairs))),
  'text.encoding': (label) => new TextDecoder(label).encoding,
  'text.decode': decode,
  zlib: compress,
  crc32: (bytes) => String(crc32(bytes)),
};
