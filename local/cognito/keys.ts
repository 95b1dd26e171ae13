import { createPrivateKey, createPublicKey, generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { JsonObject } from '../json.ts';

/** A signing key as it is kept: PKCS#8 PEM. */
export interface SigningKey {
  /** Base64 of 32 bytes, as Cognito's key ids are. */
  readonly kid: string;
  readonly privateKey: string;
}

/** A pool signs ID tokens and access tokens with keys of their own, as Cognito does. */
export interface KeyPairs {
  readonly id: SigningKey;
  readonly access: SigningKey;
}

async function generateKey(): Promise<SigningKey> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return { kid: randomBytes(32).toString('base64'), privateKey };
}

export async function generateKeyPairs(): Promise<KeyPairs> {
  const [id, access] = await Promise.all([generateKey(), generateKey()]);
  return { id, access };
}

function publicJwk({ kid, privateKey }: SigningKey): JsonObject {
  const { e = '', n = '' } = createPublicKey(createPrivateKey(privateKey)).export({ format: 'jwk' });
  return { alg: 'RS256', e, kid, kty: 'RSA', n, use: 'sig' };
}

/** The pool's public keys, https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html */
export const keySet = (keys: KeyPairs): JsonObject => ({
  keys: [publicJwk(keys.id), publicJwk(keys.access)],
});
