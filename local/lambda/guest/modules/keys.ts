import { callJson } from '../bridge.ts';
import { fromLatin1, latin1 } from './buffer.ts';
import { inspect } from './inspect.ts';

/** A public key as the outer realm describes it; `material` is PEM. */
export interface KeyFacts {
  readonly material: string;
  readonly asymmetricKeyType?: string;
  readonly asymmetricKeyDetails?: object;
}

const facts = new WeakMap<object, KeyFacts>();

/** A public key. */
export class KeyObject {
  readonly type = 'public';

  constructor(given: KeyFacts) {
    facts.set(this, given);
  }

  get asymmetricKeyType(): string | undefined {
    return factsOf(this).asymmetricKeyType;
  }

  get asymmetricKeyDetails(): object | undefined {
    return factsOf(this).asymmetricKeyDetails;
  }

  equals(other: KeyObject): boolean {
    return other instanceof KeyObject && factsOf(other).material === factsOf(this).material;
  }

  export(options: object = {}): unknown {
    const { material } = factsOf(this);
    const { jwk, text, bytes } = callJson<{ jwk?: object; text?: string; bytes?: string }>(
      'key.export',
      material,
      JSON.stringify(options),
    );
    return jwk ?? text ?? fromLatin1(bytes ?? '');
  }

  [inspect.custom](): string {
    return 'PublicKeyObject {}';
  }
}

function factsOf(key: KeyObject): KeyFacts {
  const found = facts.get(key);
  if (found === undefined) throw new TypeError('not a KeyObject');
  return found;
}

interface KeyInput {
  readonly key?: unknown;
  readonly format?: string;
  readonly type?: string;
}

function isBytes(value: unknown): value is string | ArrayBuffer | ArrayBufferView {
  return typeof value === 'string' || ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

/** Parses the forms of a public key that Node accepts: PEM, DER, a JWK, an object with one of these, or a KeyObject. */
export function publicKey(input: unknown): KeyFacts {
  if (input instanceof KeyObject) return factsOf(input);
  const { key, format, type } = isBytes(input) ? { key: input } : (input as KeyInput);
  if (key instanceof KeyObject) return factsOf(key);
  const given = isBytes(key) && typeof key !== 'string' ? { bytes: latin1(key) } : { key };
  return callJson('key.import', JSON.stringify({ ...given, format, type }));
}

export function createPublicKey(input: unknown): KeyObject {
  return new KeyObject(publicKey(input));
}
