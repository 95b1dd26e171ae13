import { X509Certificate } from 'node:crypto';
import { UserError } from '../errors.ts';
import { proxyFor } from '../network/proxy.ts';
import { ALGORITHMS } from '../transfer/integrity.ts';
import { checkPartSize, MULTIPART_MODES } from '../transfer/plan.ts';
import { MAX_CONCURRENCY } from '../transfer/uploader.ts';
import type { UploaderOptions, UploadOptions } from './types.ts';

/** Node fires longer timers at once: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const MAX_TIMER_MS = 2 ** 31 - 1;

const CERTIFICATE = /-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE)-----[^-]*(?:-----END \1-----)?/g;

const TEXTS = [
  'contentType',
  'cacheControl',
  'contentDisposition',
  'contentEncoding',
  'contentLanguage',
] as const;

function invalid(option: string, wanted: string, value?: unknown): UserError {
  const shown = value === undefined ? '' : `: “${String(value)}”`;
  return new UserError('usage', `Invalid value for ${option}${shown}. Use ${wanted}.`);
}

const isWithin = (value: unknown, least: number, most: number) =>
  typeof value === 'number' && value >= least && value <= most;

/**
 * Returns a copy of the options without a prototype, so that neither a polluted `Object.prototype` nor a later change
 * affects it.
 * @throws {UserError} `usage` if they are not an object
 */
export function ownCopy<T extends object>(options: T, wanted = 'an object'): T {
  if (typeof options !== 'object' || options === null) throw invalid('options', wanted);
  const copy: T = Object.assign(Object.create(null), options);
  return copy;
}

/** @throws {UserError} `usage` */
export function checkUploader(options: UploaderOptions): void {
  const { url, concurrency, rateLimit, stallTimeout, checksum, resume, onWarning } = options;
  if (typeof url !== 'string') throw invalid('url', 'text, such as https://d111111abcdef8.cloudfront.net');
  checkSignal(options);
  if (
    concurrency !== undefined &&
    !(Number.isInteger(concurrency) && isWithin(concurrency, 1, MAX_CONCURRENCY))
  ) {
    throw invalid('concurrency', `a whole number from 1 to ${MAX_CONCURRENCY}`, concurrency);
  }
  if (rateLimit !== undefined && !(isWithin(rateLimit, 0, Number.MAX_VALUE) && rateLimit > 0)) {
    throw invalid('rateLimit', 'a positive number of bytes a second', rateLimit);
  }
  if (stallTimeout !== undefined && !isWithin(stallTimeout, 0, MAX_TIMER_MS)) {
    throw invalid('stallTimeout', `milliseconds up to ${MAX_TIMER_MS}, or 0`, stallTimeout);
  }
  if (checksum !== undefined && !ALGORITHMS.includes(checksum)) {
    throw invalid('checksum', `one of: ${ALGORITHMS.join(', ')}`, checksum);
  }
  if (resume !== undefined && !(typeof resume?.dir === 'string' && resume.dir !== '')) {
    throw invalid('resume', 'an object with the path of a folder as dir');
  }
  if (onWarning !== undefined && typeof onWarning !== 'function') throw invalid('onWarning', 'a function');
  checkAuthorities(options);
  checkProxy(options);
}

function checkSignal({ signal }: { readonly signal?: AbortSignal }): void {
  if (signal === undefined) return;
  if (typeof signal?.aborted !== 'boolean' || typeof signal.addEventListener !== 'function') {
    throw invalid('signal', 'an AbortSignal');
  }
}

function checkAuthorities({ ca }: UploaderOptions): void {
  if (ca === undefined) return;
  const all: readonly unknown[] = Array.isArray(ca) ? ca : [ca];
  if (all.length > 0 && all.every((one) => typeof one === 'string' && isCertificates(one))) return;
  throw invalid('ca', 'one or more certificates in PEM');
}

/** OpenSSL skips certificates that it cannot read, and would then trust none. */
function isCertificates(pem: string): boolean {
  const blocks = pem.match(CERTIFICATE) ?? [];
  try {
    return blocks.map((block) => new X509Certificate(block)).length > 0;
  } catch {
    return false;
  }
}

function checkProxy({ proxy }: UploaderOptions): void {
  if (proxy === undefined) return;
  // The value is not shown, because it can contain a password.
  const refusal = invalid('proxy', 'http://[user:password@]host:port');
  if (typeof proxy !== 'string' || proxy === '') throw refusal;
  try {
    proxyFor(ownCopy({ HTTPS_PROXY: proxy }), { hostname: 'localhost', port: 443 });
  } catch {
    // The parser's message is about an environment variable.
    throw refusal;
  }
}

/** @throws {UserError} `usage` */
export function checkUpload(options: UploadOptions): void {
  const { multipart, partSize, noClobber, size, metadata } = options;
  checkSignal(options);
  if (multipart !== undefined && !MULTIPART_MODES.includes(multipart)) {
    throw invalid('multipart', `one of: ${MULTIPART_MODES.join(', ')}`, multipart);
  }
  if (partSize !== undefined) checkPartSize(partSize);
  if (size !== undefined && (!Number.isSafeInteger(size) || size < 0)) {
    throw invalid('size', 'a whole number of bytes', size);
  }
  if (noClobber !== undefined && typeof noClobber !== 'boolean') {
    throw invalid('noClobber', 'true or false', noClobber);
  }
  for (const name of TEXTS) {
    const value: unknown = options[name];
    if (value !== undefined && typeof value !== 'string') throw invalid(name, 'text', value);
  }
  if (metadata === undefined) return;
  // A Map has no properties, so its entries would be lost.
  if (typeof metadata !== 'object' || metadata === null || Symbol.iterator in metadata) {
    throw invalid('metadata', 'an object');
  }
  for (const [name, value] of Object.entries<unknown>(metadata)) {
    if (typeof value !== 'string') throw invalid(`metadata “${name}”`, 'text', value);
  }
}
