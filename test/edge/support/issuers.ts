import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { EdgeConfig, EdgeIssuer } from '../../../edge/config.ts';
import { omitUndefined } from '../../../protocol/fields.ts';
import type { Jwk } from '../../../protocol/signing-key.ts';
import type { Claims } from '../../support/keys/forge.ts';
import { rsaKeyPair } from '../../support/keys/rsa-keys.ts';

export const ORIGIN = 'https://d111111abcdef8.cloudfront.net';
export const DOMAIN = new URL(ORIGIN).host;

export interface IssuerKey {
  readonly alg: string;
  readonly jwk: Jwk;
  readonly privateKey: KeyObject;
}

const HASHES: Readonly<Record<string, string>> = { 256: 'sha256', 384: 'sha384', 512: 'sha512' };
const CURVES: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

function keyPair(alg: string): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  if (alg.startsWith('RS')) return rsaKeyPair();
  const encodings = {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  } as const;
  const pair =
    alg === 'EdDSA'
      ? generateKeyPairSync('ed25519', encodings)
      : generateKeyPairSync('ec', { namedCurve: CURVES[alg] ?? '', ...encodings });
  // Node's types have the encodings of RSA keys only.
  const { privateKey, publicKey } = pair as unknown as Record<'privateKey' | 'publicKey', string>;
  return { privateKey: createPrivateKey(privateKey), publicKey: createPublicKey(publicKey) };
}

/** An issuer's signing key, and the public key as the issuer publishes it: without `alg`, like Entra. */
export function issuerKey(alg: string, kid = alg): IssuerKey {
  const { privateKey, publicKey } = keyPair(alg);
  return {
    alg,
    privateKey,
    jwk: { ...(publicKey.export({ format: 'jwk' }) as object), kid, use: 'sig' } as Jwk,
  };
}

const part = (value: object | string) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Returns a token as its issuer signs it. */
export function signed(key: IssuerKey, claims: Claims | string, header: Claims = {}): string {
  const text = `${part({ alg: key.alg, kid: key.jwk.kid, typ: 'JWT', ...header })}.${part(claims)}`;
  const hash = key.alg === 'EdDSA' ? null : HASHES[key.alg.slice(2)];
  const signature = sign(hash, Buffer.from(text), { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

/** One RSA key for all issuers in tests that are not about keys, because generating one takes long. */
export const SHARED_KEY = issuerKey('RS256', 'shared');

/** An issuer of people. `audiences` absent: the edge's own origins. */
export function outside(changes: Partial<EdgeIssuer> = {}, audiences?: readonly string[]): EdgeIssuer {
  return {
    alias: 'corp',
    kind: 'people',
    iss: ['https://id.example.com/'],
    jwksUri: 'https://id.example.com/keys',
    keys: [SHARED_KEY.jwk],
    token: 'access',
    ...omitUndefined({ audiences }),
    name: ['sub'],
    rules: [{ writeTo: '{issuer}/{sub}/' }],
    ...changes,
  };
}

export const seconds = () => Math.floor(Date.now() / 1000);

export function configOf(...issuers: readonly EdgeIssuer[]): EdgeConfig {
  return { issuers, policy: {}, origins: [], bakedAt: seconds() };
}

/** Claims that every issuer of people accepts. */
export function personal(changes: Claims = {}): Claims {
  return {
    iss: 'https://id.example.com/',
    sub: 'ada',
    aud: 'api://uploads',
    iat: seconds(),
    exp: seconds() + 3600,
    ...changes,
  };
}
