import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  generateKeyPairSync,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import { promisify } from 'node:util';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { readPrivateFile } from '../own-file.ts';

export interface SigningKey {
  /** Base64 of 32 bytes, as Cognito's key ids are. */
  readonly kid: string;
  /** PKCS#8, PEM. */
  readonly privateKey: string;
}

/** Cognito signs ID tokens and access tokens with different keys. */
export interface KeyPairs {
  readonly id: SigningKey;
  readonly access: SigningKey;
}

/** A fault that tests inject. A pool's keys never change on AWS. */
export type KeyChange = 'rotated' | 'withdrawn';

const OPTIONS = {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
} as const;

const signingKey = ({ privateKey }: { readonly privateKey: string }): SigningKey => {
  return { kid: randomBytes(32).toString('base64'), privateKey };
};

async function generateKey(): Promise<SigningKey> {
  return signingKey(await promisify(generateKeyPair)('rsa', OPTIONS));
}

export async function generateKeyPairs(): Promise<KeyPairs> {
  const [id, access] = await Promise.all([generateKey(), generateKey()]);
  return { id, access };
}

function preparedKey(file: string, pem: unknown): SigningKey {
  const key = createPrivateKey(String(pem));
  if (key.asymmetricKeyDetails?.modulusLength !== OPTIONS.modulusLength) {
    throw new Error(`${file} contains a key that is not an RSA key of ${OPTIONS.modulusLength} bits`);
  }
  return signingKey({ privateKey: String(pem) });
}

/**
 * Returns a generator of keys that takes those of a file first, for tests: generating a pair takes up to a second of
 * processor time.
 * @param file JSON, a list of private RSA keys as PKCS#8 PEM
 * @throws Error for other keys, and for a file that others can read
 */
export function preparedKeyPairs(file: string): () => Promise<KeyPairs> {
  const text = readPrivateFile(file);
  if (text === undefined) throw new Error(`${file} must be a file of yours with mode 0600`);
  const pems: Json = JSON.parse(text);
  if (!Array.isArray(pems)) throw new Error(`${file} is not a list of keys`);
  const prepared = pems.map((pem) => preparedKey(file, pem));
  return async () => {
    const [id, access] = prepared.splice(0, 2);
    return id === undefined || access === undefined ? generateKeyPairs() : { id, access };
  };
}

/** A pool's keys and, under a fault, their successors. */
export class KeyRing {
  readonly #own: KeyPairs;
  readonly #change: () => KeyChange | undefined;
  #next: KeyPairs | undefined;

  /** @param change called at each use */
  constructor(own: KeyPairs, change: () => KeyChange | undefined) {
    this.#own = own;
    this.#change = change;
  }

  /** Keys that sign new tokens. */
  get signing(): KeyPairs {
    return this.#change() === undefined ? this.#own : this.#successors();
  }

  /** Keys in the public key set. Only their tokens are valid. */
  get published(): readonly KeyPairs[] {
    const change = this.#change();
    if (change === undefined) return [this.#own];
    return change === 'rotated' ? [this.#successors(), this.#own] : [this.#successors()];
  }

  /** Created once and not kept on disk. */
  #successors(): KeyPairs {
    const generate = () => signingKey(generateKeyPairSync('rsa', OPTIONS));
    this.#next ??= { id: generate(), access: generate() };
    return this.#next;
  }
}

function publicJwk({ kid, privateKey }: SigningKey): JsonObject {
  const { e = '', n = '' } = createPublicKey(createPrivateKey(privateKey)).export({ format: 'jwk' });
  return { alg: 'RS256', e, kid, kty: 'RSA', n, use: 'sig' };
}

/** Returns the pool's public keys, https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html */
export const keySet = ({ published }: KeyRing): JsonObject => ({
  keys: published.flatMap(({ id, access }) => [publicJwk(id), publicJwk(access)]),
});

const encode = (value: Json) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Returns a JSON web token, signed by RS256. */
export function signJwt({ kid, privateKey }: SigningKey, claims: JsonObject): string {
  const content = `${encode({ kid, alg: 'RS256' })}.${encode(claims)}`;
  return `${content}.${sign('RSA-SHA256', Buffer.from(content), privateKey).toString('base64url')}`;
}

function decode(part: string): JsonObject | undefined {
  try {
    const value: Json = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    // The caller refuses text that is not a token.
    return undefined;
  }
}

/** Returns the claims of a token without verifying it; `undefined` if it is not a JSON web token. */
export function statedClaims(token: string): JsonObject | undefined {
  const parts = token.split('.');
  return parts.length === 3 ? decode(parts[1] ?? '') : undefined;
}

/** Whether a token was signed with this key, by RS256 and nothing else. */
export function isSignedBy({ kid, privateKey }: SigningKey, token: string): boolean {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const stated = decode(header);
  if (stated?.alg !== 'RS256' || stated.kid !== kid) return false;
  const content = Buffer.from(`${header}.${payload}`);
  return verify('RSA-SHA256', content, createPublicKey(privateKey), Buffer.from(signature, 'base64url'));
}
