import crypto, { type JsonWebKey, type KeyObject } from 'node:crypto';
import { omitUndefined } from '../../../protocol/fields.ts';
import type { KeyFacts } from '../guest/modules/keys.ts';
import { fromBytes, type Operation, toBytes } from './bridge.ts';

/** Recently parsed keys by their PEM: parsing one takes as long as a verification. */
const read = new Map<string, KeyObject>();
const KEPT = 100;

export function keyOf(kind: 'public' | 'private', pem: string): KeyObject {
  const id = `${kind} ${pem}`;
  const known = read.get(id);
  if (known !== undefined) return known;
  const key = kind === 'public' ? crypto.createPublicKey(pem) : crypto.createPrivateKey(pem);
  const [oldest] = read.keys();
  if (read.size >= KEPT && oldest !== undefined) read.delete(oldest);
  read.set(id, key);
  return key;
}

function factsOf(key: KeyObject): KeyFacts {
  const { asymmetricKeyType, asymmetricKeyDetails } = key;
  const material = key.export({ type: key.type === 'public' ? 'spki' : 'pkcs8', format: 'pem' }) as string;
  return {
    type: key.type as 'public' | 'private',
    material,
    ...omitUndefined({ asymmetricKeyType, asymmetricKeyDetails }),
  };
}

/** Numbers in a key's details can be BigInts. */
function json(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? Number(item) : item));
}

interface KeyText {
  readonly key?: string | JsonWebKey;
  readonly bytes?: string;
  readonly format?: string;
  readonly type?: string;
  readonly passphrase?: string;
}

function importKey(kind: string, text: string): string {
  const { bytes, key = toBytes(bytes ?? ''), ...rest } = JSON.parse(text) as KeyText;
  const options = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const input = { key, ...options } as crypto.PublicKeyInput & crypto.PrivateKeyInput;
  return json(factsOf(kind === 'public' ? crypto.createPublicKey(input) : crypto.createPrivateKey(input)));
}

function exportKey(type: string, material: string, text: string): string {
  const options = JSON.parse(text) as crypto.KeyExportOptions<'pem'>;
  const key =
    type === 'secret'
      ? crypto.createSecretKey(toBytes(material))
      : keyOf(type as 'public' | 'private', material);
  const made: unknown = key.export(options);
  if (typeof made === 'string') return json({ text: made });
  return json(made instanceof Uint8Array ? { bytes: fromBytes(made) } : { jwk: made });
}

function generate(kind: string, text: string): string {
  const make = crypto.generateKeyPairSync as unknown as (
    kind: string,
    options: object,
  ) => { publicKey: KeyObject; privateKey: KeyObject };
  const { publicKey, privateKey } = make(kind, JSON.parse(text) as object);
  return json({ publicKey: factsOf(publicKey), privateKey: factsOf(privateKey) });
}

export const keyOperations: Readonly<Record<string, Operation>> = {
  'key.import': importKey,
  'key.export': exportKey,
  'key.generate': generate,
};
