import crypto, { type KeyObject } from 'node:crypto';
import { fromBytes, type Operation, toBytes } from './bridge.ts';
import { keyOf, keyOperations } from './key-operations.ts';

interface Verifying {
  readonly key: string;
  readonly padding?: number;
  readonly saltLength?: number;
  readonly dsaEncoding?: 'der' | 'ieee-p1363';
}

function verifying(text: string): Omit<Verifying, 'key'> & { key: KeyObject } {
  const { key, ...options } = JSON.parse(text) as Verifying;
  return { ...options, key: keyOf(key) };
}

/** The digest argument for Node's one-shot functions; none for key types with a fixed digest. */
const digestOf = (name: string) => (name === '' ? null : name.replace(/^RSA-/i, ''));

/** Operations that OpenSSL computes for the function. */
export const cryptoOperations: Readonly<Record<string, Operation>> = {
  ...keyOperations,
  hash: (algorithm, data) => fromBytes(crypto.createHash(algorithm).update(toBytes(data)).digest()),
  hmac: (algorithm, key, data) =>
    fromBytes(crypto.createHmac(algorithm, toBytes(key)).update(toBytes(data)).digest()),
  verify: (algorithm, how, data, signature) =>
    crypto.verify(digestOf(algorithm), toBytes(data), verifying(how), toBytes(signature)) ? '1' : '0',
  random: (size) => fromBytes(crypto.randomBytes(Number(size))),
  'random.uuid': () => crypto.randomUUID(),
};
