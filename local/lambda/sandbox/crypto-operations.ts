import crypto, { type KeyObject } from 'node:crypto';
import { fromBytes, type Operation, toBytes } from './bridge.ts';
import { keyOf, keyOperations } from './key-operations.ts';

interface Signing {
  readonly key: string;
  readonly padding?: number;
  readonly saltLength?: number;
  readonly dsaEncoding?: 'der' | 'ieee-p1363';
}

function signing(text: string, kind: 'public' | 'private'): Omit<Signing, 'key'> & { key: KeyObject } {
  const { key, ...options } = JSON.parse(text) as Signing;
  return { ...options, key: keyOf(kind, key) };
}

/** The digest argument for Node's one-shot functions; none for key types with a fixed digest. */
const digestOf = (name: string) => (name === '' ? null : name.replace(/^RSA-/i, ''));

function names(what: string): string {
  if (what === 'curves') return JSON.stringify(crypto.getCurves());
  if (what === 'hashes') return JSON.stringify(crypto.getHashes());
  return JSON.stringify({ ...crypto.constants });
}

interface Derivation {
  readonly secret: string;
  readonly salt: string;
  readonly info: string;
  readonly iterations: number;
  readonly length: number;
  readonly digest: string;
  readonly options: crypto.ScryptOptions;
}

function derive(kind: string, text: string): string {
  const { secret, salt, info, iterations, length, digest, options } = JSON.parse(text) as Derivation;
  switch (kind) {
    case 'pbkdf2':
      return fromBytes(crypto.pbkdf2Sync(toBytes(secret), toBytes(salt), iterations, length, digest));
    case 'scrypt':
      return fromBytes(crypto.scryptSync(toBytes(secret), toBytes(salt), length, options));
    default:
      return fromBytes(
        new Uint8Array(crypto.hkdfSync(digest, toBytes(secret), toBytes(salt), toBytes(info), length)),
      );
  }
}

/** Operations that OpenSSL computes for the function. */
export const cryptoOperations: Readonly<Record<string, Operation>> = {
  ...keyOperations,
  hash: (algorithm, data) => fromBytes(crypto.createHash(algorithm).update(toBytes(data)).digest()),
  hmac: (algorithm, key, data) =>
    fromBytes(crypto.createHmac(algorithm, toBytes(key)).update(toBytes(data)).digest()),
  sign: (algorithm, how, data) =>
    fromBytes(crypto.sign(digestOf(algorithm), toBytes(data), signing(how, 'private'))),
  verify: (algorithm, how, data, signature) =>
    crypto.verify(digestOf(algorithm), toBytes(data), signing(how, 'public'), toBytes(signature)) ? '1' : '0',
  random: (size) => fromBytes(crypto.randomBytes(Number(size))),
  'random.int': (from, to) => String(crypto.randomInt(Number(from), Number(to))),
  'random.uuid': () => crypto.randomUUID(),
  'crypto.names': names,
  derive,
};
