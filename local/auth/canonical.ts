import { createHmac, hash } from 'node:crypto';
import type { HttpRequest } from '../wire/http.ts';

const UNRESERVED = /[A-Za-z0-9\-._~]/;
const NEEDS_ENCODING = /[^A-Za-z0-9\-._~]/;
const BYTE_NAMES = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return UNRESERVED.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
});

/** RFC 3986 encoding as signature version 4 requires: everything but `A–Z a–z 0–9 - . _ ~`, upper-case hex. */
export function percentEncode(text: string | Uint8Array): string {
  if (typeof text === 'string' && !NEEDS_ENCODING.test(text)) return text;
  let encoded = '';
  for (const byte of typeof text === 'string' ? Buffer.from(text) : text) encoded += BYTE_NAMES[byte];
  return encoded;
}

/**
 * Decodes a raw part of a request target; `undefined` if a `%` is not followed by two hex digits. Node returns targets with
 * one character a byte, so unencoded bytes are unchanged.
 */
export function percentDecode(raw: string): Buffer | undefined {
  if (!raw.includes('%')) return Buffer.from(raw, 'latin1');
  const bytes: number[] = [];
  for (let at = 0; at < raw.length; at++) {
    if (raw[at] !== '%') {
      bytes.push(raw.charCodeAt(at) & 0xff);
      continue;
    }
    const hex = raw.slice(at + 1, at + 3);
    if (!/^[0-9a-fA-F]{2}$/.test(hex)) return undefined;
    bytes.push(Number.parseInt(hex, 16));
    at += 2;
  }
  return Buffer.from(bytes);
}

/** Returns the decoded pairs of a raw query, in order. A name without `=` has an empty value, and `+` is a space. */
export function queryPairs(raw: string): [name: string, value: string][] | undefined {
  const pairs: [string, string][] = [];
  for (const part of raw.split('&')) {
    if (part === '') continue;
    const [rawName = '', ...rest] = part.replaceAll('+', '%20').split('=');
    const name = percentDecode(rawName);
    const value = percentDecode(rest.join('='));
    if (name === undefined || value === undefined) return undefined;
    pairs.push([name.toString(), value.toString()]);
  }
  return pairs;
}

/** What a signature covers of a request; the body is covered by its hash. */
export type SignedRequest = Pick<HttpRequest, 'method' | 'path' | 'query' | 'headers'>;

/** `<date>/<region>/<service>/aws4_request`, the scope of a signing key. */
export interface CredentialScope {
  /** `YYYYMMDD` */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

export const EMPTY_SHA256 = sha256('');

export function sha256(data: string | Uint8Array): string {
  return hash('sha256', data);
}

export function scopeText({ date, region, service }: CredentialScope): string {
  return `${date}/${region}/${service}/aws4_request`;
}

/** `YYYYMMDD'T'HHMMSS'Z'` */
export function amzDate(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d{3}/g, '');
}

/** Inverse of {@link amzDate}; `undefined` for anything else. */
export function parseAmzDate(text: string): Date | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/**
 * The canonical request of https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html. S3 encodes the
 * path once; every other service signs the path as sent, encoded a second time.
 */
export function canonicalRequest(
  request: SignedRequest,
  service: string,
  signedHeaders: readonly string[],
  payloadHash: string,
  queryAs: 'encoded' | 'sent' = 'encoded',
): string | undefined {
  const path = canonicalPath(request.path, service);
  const query = queryAs === 'sent' ? sentQuery(request.query) : canonicalQuery(request.query);
  if (path === undefined || query === undefined) return undefined;
  let headers = '';
  for (const name of signedHeaders) headers += `${name}:${canonicalValue(headerValue(request, name))}\n`;
  return `${request.method}\n${path}\n${query}\n${headers}\n${signedHeaders.join(';')}\n${payloadHash}`;
}

function canonicalValue(value: string): string {
  const trimmed = value.trim();
  return trimmed.includes('  ') ? trimmed.replace(/ +/g, ' ') : trimmed;
}

function canonicalPath(path: string, service: string): string | undefined {
  const segments = path.split('/');
  if (service !== 's3') return segments.map((segment) => percentEncode(segment)).join('/');
  // Matches most keys: their encoding equals the key.
  if (segments.every((segment) => !NEEDS_ENCODING.test(segment))) return path;
  const decoded = segments.map(percentDecode);
  return decoded.includes(undefined)
    ? undefined
    : decoded.map((segment) => percentEncode(segment ?? '')).join('/');
}

/** Reads own properties only, because a signed name can equal an inherited member, such as `constructor`. */
function headerValue({ headers }: SignedRequest, name: string): string {
  return Object.hasOwn(headers, name) ? (headers[name] ?? '') : '';
}

/** Returns the pairs of a query in canonical order, encoded as they were sent. */
function sentQuery(query: string): string {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => (pair.includes('=') ? pair : `${pair}=`))
    .sort()
    .join('&');
}

function canonicalQuery(query: string): string | undefined {
  return queryPairs(query)
    ?.filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [percentEncode(name), percentEncode(value)] as const)
    .sort(([a, x], [b, y]) => (a === b ? Number(x > y) - Number(x < y) : Number(a > b) - Number(a < b)))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** Cache of the last signature. CloudFront signs a request and S3 verifies it at once, so both compute the same one. */
let last:
  | { readonly key: Buffer; readonly head: string; readonly canonical: string; readonly signature: Buffer }
  | undefined;

/** Returns the signature of a canonical request. */
export function signatureOf(
  key: Buffer,
  timestamp: string,
  scope: CredentialScope,
  canonical: string,
): Buffer {
  const head = `AWS4-HMAC-SHA256\n${timestamp}\n${scopeText(scope)}\n`;
  if (last?.key === key && last.head === head && last.canonical === canonical) return last.signature;
  const signature = hmac(key, head + sha256(canonical));
  last = { key, head, canonical, signature };
  return signature;
}

/** Signing keys of the scopes that were used last. A key is valid for a day. */
const keys = new Map<string, Buffer>();
const MAX_KEYS = 100;

export function signingKey(secret: string, { date, region, service }: CredentialScope): Buffer {
  const scope = `${date}/${region}/${service}/${secret}`;
  const known = keys.get(scope);
  if (known !== undefined) return known;
  const key = [date, region, service, 'aws4_request'].reduce<Buffer>(hmac, Buffer.from(`AWS4${secret}`));
  if (keys.size === MAX_KEYS) keys.clear();
  keys.set(scope, key);
  return key;
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** Signatures of an aws-chunked body; each is chained to the one before, the first to the request's own. */
export interface ChunkSigner {
  /** `sha256`: hex digest of the chunk's data. */
  chunk(sha256: string): string;
  /** `sha256`: hex digest of the trailing headers, each as `name:value\n`. Comes last, after the empty chunk. */
  trailer(sha256: string): string;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html */
export function chunkSigner(
  key: Buffer,
  timestamp: string,
  scope: CredentialScope,
  seedSignature: string,
): ChunkSigner {
  let previous = seedSignature;
  const next = (...lines: string[]) => {
    const [algorithm = '', ...rest] = lines;
    previous = hmac(key, [algorithm, timestamp, scopeText(scope), previous, ...rest].join('\n')).toString(
      'hex',
    );
    return previous;
  };
  return {
    chunk: (sha256) => next('AWS4-HMAC-SHA256-PAYLOAD', EMPTY_SHA256, sha256),
    trailer: (sha256) => next('AWS4-HMAC-SHA256-TRAILER', sha256),
  };
}
