import { Transform, Writable } from 'node:stream';
import { call, callJson } from '../bridge.ts';
import { fromLatin1, latin1, toBuffer } from './buffer.ts';
import {
  asymmetricKey,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  factsOf,
  generateKeyPairSync,
  KeyObject,
  secretKey,
} from './keys.ts';
import { maybeLater } from './util.ts';
import { randomFillSync, randomUUID, webcrypto } from './webcrypto.ts';

type Encoding = BufferEncoding | 'buffer' | undefined;

function encoded(bytes: string, encoding: Encoding): Buffer | string {
  const buffer = fromLatin1(bytes);
  return encoding === undefined || encoding === 'buffer' ? buffer : buffer.toString(encoding);
}

/** Hash and Hmac: buffers the input and computes the digest at the end. */
class Digest extends Transform {
  readonly #work: (data: string) => string;
  readonly #chunks: string[] = [];
  #done = false;

  constructor(work: (data: string) => string) {
    super();
    this.#work = work;
  }

  update(data: unknown, encoding?: BufferEncoding): this {
    if (this.#done) throw finished();
    this.#chunks.push(latin1(data, encoding));
    return this;
  }

  digest(encoding?: Encoding): Buffer | string {
    if (this.#done) throw finished();
    this.#done = true;
    return encoded(this.#work(this.#chunks.join('')), encoding);
  }

  copy(): Digest {
    const made = new Digest(this.#work);
    made.#chunks.push(...this.#chunks);
    return made;
  }

  override _transform(chunk: unknown, encoding: BufferEncoding, next: () => void): void {
    this.update(chunk, encoding);
    next();
  }

  override _flush(next: () => void): void {
    this.push(this.digest());
    next();
  }
}

function finished(): Error {
  return Object.assign(new Error('Digest already called'), { code: 'ERR_CRYPTO_HASH_FINALIZED' });
}

function createHash(algorithm: string): Digest {
  // Rejects an unknown name at once, as Node does.
  call('hash', String(algorithm), '');
  return new Digest((data) => call('hash', String(algorithm), data));
}

function hash(algorithm: string, data: unknown, encoding: Encoding = 'hex'): Buffer | string {
  return encoded(call('hash', String(algorithm), latin1(data)), encoding);
}

function createHmac(algorithm: string, key: unknown): Digest {
  const { material } = secretKey(key);
  call('hmac', String(algorithm), material, '');
  return new Digest((data) => call('hmac', String(algorithm), material, data));
}

interface SigningOptions {
  readonly padding?: number;
  readonly saltLength?: number;
  readonly dsaEncoding?: string;
}

/** The material and options of a signing key. */
function signing(kind: 'public' | 'private', key: unknown): string {
  const { padding, saltLength, dsaEncoding } = (
    typeof key === 'object' && key !== null && !(key instanceof KeyObject) ? key : {}
  ) as SigningOptions;
  return JSON.stringify({ key: asymmetricKey(kind, key).material, padding, saltLength, dsaEncoding });
}

class Signer extends Writable {
  readonly #algorithm: string;
  readonly #chunks: string[] = [];

  constructor(algorithm: string) {
    super();
    this.#algorithm = String(algorithm);
  }

  update(data: unknown, encoding?: BufferEncoding): this {
    this.#chunks.push(latin1(data, encoding));
    return this;
  }

  sign(key: unknown, encoding?: Encoding): Buffer | string {
    return encoded(call('sign', this.#algorithm, signing('private', key), this.#chunks.join('')), encoding);
  }

  verify(key: unknown, signature: unknown, encoding?: BufferEncoding): boolean {
    const given = latin1(signature, encoding);
    return call('verify', this.#algorithm, signing('public', key), this.#chunks.join(''), given) === '1';
  }

  override _write(chunk: unknown, encoding: BufferEncoding, next: () => void): void {
    this.update(chunk, encoding);
    next();
  }
}

function sign(algorithm: string | null, data: unknown, key: unknown): Buffer {
  return fromLatin1(call('sign', algorithm ?? '', signing('private', key), latin1(data)));
}

function verify(algorithm: string | null, data: unknown, key: unknown, signature: unknown): boolean {
  return call('verify', algorithm ?? '', signing('public', key), latin1(data), latin1(signature)) === '1';
}

function timingSafeEqual(one: unknown, other: unknown): boolean {
  const [a, b] = [toBuffer(one), toBuffer(other)];
  if (a.length !== b.length) {
    throw Object.assign(new RangeError('Input buffers must have the same byte length'), {
      code: 'ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH',
    });
  }
  let difference = 0;
  for (let at = 0; at < a.length; at += 1) difference |= (a[at] ?? 0) ^ (b[at] ?? 0);
  return difference === 0;
}

function randomInt(min: number, max?: number): number {
  const [from, to] = max === undefined ? [0, min] : [min, max];
  return Number(call('random.int', String(from), String(to)));
}

function randomBytes(size: number): Buffer {
  return fromLatin1(call('random', String(size)));
}

/** Node's key derivations with the names of their options; the outer realm's `derive` takes them as JSON. */
function derive(kind: string, options: Readonly<Record<string, unknown>>): Buffer {
  const bytes = Object.entries(options).map(([name, value]) => [
    name,
    ['secret', 'salt', 'info'].includes(name)
      ? latin1(value instanceof KeyObject ? fromLatin1(factsOf(value).material) : value)
      : value,
  ]);
  return fromLatin1(call('derive', kind, JSON.stringify(Object.fromEntries(bytes))));
}

const pbkdf2Sync = (secret: unknown, salt: unknown, iterations: number, length: number, digest: string) =>
  derive('pbkdf2', { secret, salt, iterations, length, digest });
const scryptSync = (secret: unknown, salt: unknown, length: number, options: object = {}) =>
  derive('scrypt', { secret, salt, length, options });
const hkdfSync = (digest: string, secret: unknown, salt: unknown, info: unknown, length: number) => {
  const bytes = derive('hkdf', { digest, secret, salt, info, length });
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
};

export const crypto = {
  KeyObject,
  constants: {} as Record<string, number>,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  createSign: (algorithm: string) => new Signer(algorithm),
  createVerify: (algorithm: string) => new Signer(algorithm),
  generateKeyPairSync,
  generateKeyPair: (
    kind: string,
    options: object,
    done: (error: Error | null, publicKey?: unknown, privateKey?: unknown) => void,
  ) => {
    setImmediate(() => {
      const { publicKey, privateKey } = generateKeyPairSync(kind, options as Record<string, unknown>);
      done(null, publicKey, privateKey);
    });
  },
  getCurves: () => callJson<string[]>('crypto.names', 'curves'),
  getHashes: () => callJson<string[]>('crypto.names', 'hashes'),
  getRandomValues: webcrypto.getRandomValues,
  hash,
  hkdf: maybeLater(hkdfSync),
  hkdfSync,
  pbkdf2: maybeLater(pbkdf2Sync),
  pbkdf2Sync,
  randomBytes: maybeLater(randomBytes),
  randomFill: maybeLater(randomFillSync),
  randomFillSync,
  randomInt: maybeLater(randomInt),
  randomUUID,
  scrypt: maybeLater(scryptSync),
  scryptSync,
  sign: maybeLater(sign),
  subtle: webcrypto.subtle,
  timingSafeEqual,
  verify: maybeLater(verify),
  webcrypto,
};

/** Fetched from the outer realm after the bridge opens. */
export function fillConstants(): void {
  Object.assign(crypto.constants, callJson<Record<string, number>>('crypto.names', 'constants'));
}
