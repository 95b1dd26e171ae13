import { call, errorOf } from '../bridge.ts';
import { SUBTLE_METHODS } from '../bridge-names.ts';
import { DOMException } from '../globals/abort.ts';
import { Pending } from '../pending.ts';
import { arrayBufferOf, fromLatin1, latin1 } from './buffer.ts';

/** Encoding of arguments and results: bytes and keys are tagged, the rest is JSON. */
type Coded = unknown;

interface KeyDescription {
  readonly $key: number;
  readonly type: string;
  readonly extractable: boolean;
  readonly algorithm: Coded;
  readonly usages: readonly string[];
}

const ids = new WeakMap<object, number>();

export class CryptoKey {
  readonly type: string;
  readonly extractable: boolean;
  readonly algorithm: unknown;
  readonly usages: readonly string[];

  constructor({ $key, type, extractable, algorithm, usages }: KeyDescription) {
    ids.set(this, $key);
    this.type = type;
    this.extractable = extractable;
    this.algorithm = decoded(algorithm);
    this.usages = usages;
  }
}

function coded(value: unknown): Coded {
  if (value instanceof CryptoKey) return { $key: ids.get(value) };
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return { $bytes: latin1(value) };
  if (Array.isArray(value)) return value.map(coded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, coded(item)]));
}

function decoded(value: Coded): unknown {
  if (Array.isArray(value)) return value.map(decoded);
  if (typeof value !== 'object' || value === null) return value;
  const { $bytes, $key, $view } = value as { $bytes?: string; $key?: number; $view?: boolean };
  if ($bytes !== undefined) {
    const buffer = arrayBufferOf(fromLatin1($bytes));
    return $view === true ? new Uint8Array(buffer) : buffer;
  }
  if ($key !== undefined) return new CryptoKey(value as KeyDescription);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decoded(item)]));
}

const pending = new Pending<unknown>();

/** Settles an earlier operation with its result or error in the bridge's encoding. */
export function settleSubtle(id: number, outcome: string): void {
  const asker = pending.take(id);
  if (outcome[0] === '=') {
    asker?.resolve(decoded(JSON.parse(outcome.slice(1) || 'null')));
    return;
  }
  const error = errorOf(outcome.slice(1));
  const { name } = JSON.parse(outcome.slice(1)) as { name: string };
  asker?.reject(error.name === name ? error : new DOMException(error.message, name));
}

function operation(method: string) {
  return (...args: unknown[]) =>
    pending.start((id) => void call('subtle', String(id), method, JSON.stringify(args.map(coded))));
}

export const subtle = Object.fromEntries(SUBTLE_METHODS.map((method) => [method, operation(method)]));

export function randomFillSync<T extends ArrayBufferView>(view: T, offset = 0, size?: number): T {
  const target = new Uint8Array(view.buffer, view.byteOffset, view.byteLength).subarray(
    offset,
    size === undefined ? undefined : offset + size,
  );
  target.set(fromLatin1(call('random', String(target.length))));
  return view;
}

export function randomUUID(): string {
  return call('random.uuid');
}

function getRandomValues<T extends ArrayBufferView>(view: T): T {
  if (view.byteLength > 65_536) throw new DOMException('more than 65,536 bytes', 'QuotaExceededError');
  return randomFillSync(view);
}

/** https://www.w3.org/TR/WebCryptoAPI/ */
export const webcrypto = { CryptoKey, getRandomValues, randomUUID, subtle };
