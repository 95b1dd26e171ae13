import { webcrypto } from 'node:crypto';
import { SUBTLE_METHODS } from '../guest/bridge-names.ts';
import { failed, fromBytes, toBytes } from './bridge.ts';

type Method = (...args: unknown[]) => Promise<unknown>;

/** The function's keys; it refers to them by index. */
const keys: webcrypto.CryptoKey[] = [];
const KEYS = 10_000;

/** Runs a `crypto.subtle` operation with arguments encoded by `guest/modules/webcrypto.ts`. Never rejects. */
export async function performSubtle(method: string, args: string): Promise<string> {
  try {
    const known = SUBTLE_METHODS.find((name) => name === method);
    if (known === undefined) throw new TypeError(`no method ${method}`);
    const { subtle } = webcrypto as unknown as { subtle: Record<typeof known, Method> };
    const given = (JSON.parse(args) as unknown[]).map(decoded);
    return `=${JSON.stringify(coded(await subtle[known](...given)) ?? null)}`;
  } catch (error) {
    return failed(error);
  }
}

function coded(value: unknown): unknown {
  if (value instanceof ArrayBuffer) return { $bytes: fromBytes(new Uint8Array(value)) };
  if (value instanceof Uint8Array) return { $bytes: fromBytes(value), $view: true };
  if (isKey(value)) return describe(value);
  if (Array.isArray(value)) return value.map(coded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, coded(item)]));
}

function isKey(value: unknown): value is webcrypto.CryptoKey {
  return Object.prototype.toString.call(value) === '[object CryptoKey]';
}

function describe(key: webcrypto.CryptoKey): object {
  if (keys.length >= KEYS) throw new RangeError('too many keys');
  const { type, extractable, algorithm, usages } = key;
  return { $key: keys.push(key) - 1, type, extractable, algorithm: coded(algorithm), usages };
}

function decoded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decoded);
  if (typeof value !== 'object' || value === null) return value;
  const { $bytes, $key } = value as { $bytes?: unknown; $key?: unknown };
  if (typeof $bytes === 'string') return new Uint8Array(toBytes($bytes));
  if (typeof $key === 'number') return keys[$key];
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decoded(item)]));
}
