import zlib from 'node:zlib';
import { URL_PARTS, type UrlParts, ZLIB_METHODS } from '../guest/bridge-names.ts';
import { fromBytes, type Operation, toBytes } from './bridge.ts';

/** Largest decompressed result, bytes. */
const UNPACKED_LIMIT = 32 * 1024 * 1024;

function parts(url: URL): string {
  const { origin } = url;
  const rest = Object.fromEntries(URL_PARTS.map((name) => [name, url[name]]));
  return JSON.stringify({ ...rest, origin } as UrlParts);
}

function setPart(href: string, name: string, value: string): string {
  const url = new URL(href);
  const part = URL_PARTS.find((one) => one === name);
  if (part !== undefined) url[part] = value;
  return parts(url);
}

function decode(label: string, flags: string, bytes: string): string {
  const options = { fatal: flags.includes('f'), ignoreBOM: flags.includes('b') };
  return new TextDecoder(label, options).decode(toBytes(bytes));
}

function compress(name: string, bytes: string): string {
  const method = ZLIB_METHODS.find((one) => one === name);
  if (method === undefined) throw new Error(`no method ${name}`);
  return fromBytes(zlib[`${method}Sync`](toBytes(bytes), { maxOutputLength: UNPACKED_LIMIT }));
}

/** Node's operations that the language lacks: URLs, encodings, compression. */
export const textOperations: Readonly<Record<string, Operation>> = {
  'url.parse': (input) => parts(new URL(input)),
  'url.resolve': (input, base) => parts(new URL(input, base)),
  'url.set': setPart,
  'query.parse': (text) => JSON.stringify([...new URLSearchParams(text)]),
  'query.build': (pairs) => String(new URLSearchParams(JSON.parse(pairs))),
  'text.encoding': (label) => new TextDecoder(label).encoding,
  'text.decode': decode,
  'text.encode': (text) => fromBytes(Buffer.from(text)),
  zlib: compress,
};
