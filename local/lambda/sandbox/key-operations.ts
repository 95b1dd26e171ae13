import crypto, { type JsonWebKey, type KeyObject } from 'node:crypto';
import { omitUndefined } from '../../../protocol/fields.ts';
import type { KeyFacts } from '../guest/modules/keys.ts';
import { fromBytes, type Operation, toBytes } from './bridge.ts';

/** Recently parsed keys by their PEM: parsing one takes as long as a verification. */
const read = new Map<string, KeyObject>();
const KEPT = 100;

/** Returns the public key of a PEM text. */
export function keyOf(pem: string): KeyObject {
  const known = read.get(pem);
  if (known !== undefined) return known;
  const key = crypto.createPublicKey(pem);
  const [oldest] = read.keys();
  if (read.size >= KEPT && oldest !== undefined) read.delete(oldest);
  read.set(pem, key);
  return key;
}

function factsOf(key: KeyObject): KeyFacts {
  const { asymmetricKeyType, asymmetricKeyDetails } = key;
  const material = key.export({ type: 'spki', format: 'pem' }) as string;
  return { material, ...omitUndefined({ asymmetricKeyType, asymmetricKeyDetails }) };
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
}

function importKey(text: string): string {
  const { bytes, key = toBytes(bytes ?? ''), ...rest } = JSON.parse(text) as KeyText;
  return json(factsOf(crypto.createPublicKey({ key, ...rest } as crypto.PublicKeyInput)));
}

function exportKey(material: string, text: string): string {
  const made: unknown = keyOf(material).export(JSON.parse(text) as crypto.KeyExportOptions<'pem'>);
  if (typeof made === 'string') return json({ text: made });
  return json(made instanceof Uint8Array ? { bytes: fromBytes(made) } : { jwk: made });
}

export const keyOperations: Readonly<Record<string, Operation>> = {
  'key.import': importKey,
  'key.export': exportKey,
};
