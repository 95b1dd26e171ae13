import { Transform, Writable } from 'node:stream';
import { call } from '../bridge.ts';
import { fromLatin1, latin1, toBuffer } from './buffer.ts';
import { createPublicKey, KeyObject, publicKey } from './keys.ts';

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

function createHmac(algorithm: string, key: unknown): Digest {
  const material = latin1(key);
  call('hmac', String(algorithm), material, '');
  return new Digest((data) => call('hmac', String(algorithm), material, data));
}

interface VerifyOptions {
  readonly padding?: number;
  readonly saltLength?: number;
  readonly dsaEncoding?: string;
}

/** The material and options of a public key. */
function verifying(key: unknown): string {
  const { padding, saltLength, dsaEncoding } = (
    typeof key === 'object' && key !== null && !(key instanceof KeyObject) ? key : {}
  ) as VerifyOptions;
  return JSON.stringify({ key: publicKey(key).material, padding, saltLength, dsaEncoding });
}

class Verify extends Writable {
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

  verify(key: unknown, signature: unknown, encoding?: BufferEncoding): boolean {
    const given = latin1(signature, encoding);
    return call('verify', this.#algorithm, verifying(key), this.#chunks.join(''), given) === '1';
  }

  override _write(chunk: unknown, encoding: BufferEncoding, next: () => void): void {
    this.update(chunk, encoding);
    next();
  }
}

function verify(algorithm: string | null, data: unknown, key: unknown, signature: unknown): boolean {
  return call('verify', algorithm ?? '', verifying(key), latin1(data), latin1(signature)) === '1';
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

/** The part of `node:crypto` that verifies: digests, signatures and their keys. */
export const crypto = {
  KeyObject,
  createHash,
  createHmac,
  createPublicKey,
  createVerify: (algorithm: string) => new Verify(algorithm),
  randomBytes: (size: number) => fromLatin1(call('random', String(size))),
  randomUUID: () => call('random.uuid'),
  timingSafeEqual,
  verify,
};
