import { callJson } from '../bridge.ts';
import { Buffer, fromLatin1, latin1 } from './buffer.ts';
import { inspect } from './inspect.ts';

/** A key as the outer realm describes it; `material` is PEM, or the bytes of a secret. */
export interface KeyFacts {
  readonly type: 'public' | 'private' | 'secret';
  readonly material: string;
  readonly asymmetricKeyType?: string;
  readonly asymmetricKeyDetails?: object;
  readonly symmetricKeySize?: number;
}

const facts = new WeakMap<object, KeyFacts>();

export class KeyObject {
  constructor(given: KeyFacts) {
    facts.set(this, given);
  }

  get type(): string {
    return factsOf(this).type;
  }

  get asymmetricKeyType(): string | undefined {
    return factsOf(this).asymmetricKeyType;
  }

  get asymmetricKeyDetails(): object | undefined {
    return factsOf(this).asymmetricKeyDetails;
  }

  get symmetricKeySize(): number | undefined {
    return factsOf(this).symmetricKeySize;
  }

  equals(other: KeyObject): boolean {
    return other instanceof KeyObject && factsOf(other).material === factsOf(this).material;
  }

  export(options: object = {}): unknown {
    const { type, material } = factsOf(this);
    const { jwk, text, bytes } = callJson<{ jwk?: object; text?: string; bytes?: string }>(
      'key.export',
      type,
      material,
      JSON.stringify(options),
    );
    return jwk ?? text ?? fromLatin1(bytes ?? '');
  }

  [inspect.custom](): string {
    return `${type(this)}KeyObject {}`;
  }
}

const type = (key: KeyObject) => key.type.charAt(0).toUpperCase() + key.type.slice(1);

export function factsOf(key: KeyObject): KeyFacts {
  const found = facts.get(key);
  if (found === undefined) throw new TypeError('not a KeyObject');
  return found;
}

interface KeyInput {
  readonly key?: unknown;
  readonly [option: string]: unknown;
}

function isBytes(value: unknown): boolean {
  return typeof value === 'string' || ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

/** Parses every form of key that Node accepts: PEM, DER, a JWK, an object with one of these and options, or a KeyObject. */
export function asymmetricKey(kind: 'public' | 'private', input: unknown): KeyFacts {
  if (input instanceof KeyObject) {
    const own = factsOf(input);
    if (own.type === kind) return own;
    return callJson('key.import', kind, JSON.stringify({ key: own.material }));
  }
  const { key, passphrase, ...options } = isBytes(input) ? { key: input } : (input as KeyInput);
  if (key instanceof KeyObject) return asymmetricKey(kind, key);
  const given = isBytes(key)
    ? typeof key === 'string' && options.encoding === undefined
      ? { key }
      : {
          bytes:
            typeof key === 'string'
              ? Buffer.from(key, options.encoding as BufferEncoding).toString('latin1')
              : latin1(key),
        }
    : { key };
  const { format, type } = options as { format?: string; type?: string };
  const secret =
    passphrase === undefined
      ? {}
      : { passphrase: typeof passphrase === 'string' ? passphrase : latin1(passphrase) };
  return callJson('key.import', kind, JSON.stringify({ ...given, format, type, ...secret }));
}

export function secretKey(input: unknown, encoding?: BufferEncoding): KeyFacts {
  if (input instanceof KeyObject) return factsOf(input);
  const material = latin1(input, encoding);
  return { type: 'secret', material, symmetricKeySize: material.length };
}

export function createPublicKey(input: unknown): KeyObject {
  return new KeyObject(asymmetricKey('public', input));
}

export function createPrivateKey(input: unknown): KeyObject {
  return new KeyObject(asymmetricKey('private', input));
}

export function createSecretKey(input: unknown, encoding?: BufferEncoding): KeyObject {
  return new KeyObject(secretKey(input, encoding));
}

interface PairOptions {
  readonly publicKeyEncoding?: object;
  readonly privateKeyEncoding?: object;
  readonly [option: string]: unknown;
}

export function generateKeyPairSync(
  kind: string,
  { publicKeyEncoding, privateKeyEncoding, ...options }: PairOptions = {},
) {
  const made = callJson<{ publicKey: KeyFacts; privateKey: KeyFacts }>(
    'key.generate',
    kind,
    JSON.stringify(options),
  );
  const as = (given: KeyFacts, encoding: object | undefined) =>
    encoding === undefined ? new KeyObject(given) : new KeyObject(given).export(encoding);
  return {
    publicKey: as(made.publicKey, publicKeyEncoding),
    privateKey: as(made.privateKey, privateKeyEncoding),
  };
}
