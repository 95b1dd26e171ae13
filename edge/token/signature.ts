import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { Jwk } from '../../protocol/signing-key.ts';
import type { Jwt } from './decompose.ts';

/** RSASSA-PKCS1-v1_5 and ECDSA (RFC 7518), EdDSA (RFC 8037), Ed25519 (RFC 9864). */
const ALGORITHM = /^(?:[RE]S(?:256|384|512)|EdDSA|Ed25519)$/;

/** Whether the edge accepts an algorithm. Algorithms with a shared secret and `none` are refused. */
export function isAlgorithm(alg: unknown): alg is string {
  return typeof alg === 'string' && ALGORITHM.test(alg);
}

const imported = new WeakMap<Jwk, KeyObject>();

function keyObject(jwk: Jwk): KeyObject | undefined {
  const known = imported.get(jwk);
  if (known !== undefined) return known;
  try {
    const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
    imported.set(jwk, key);
    return key;
  } catch {
    // For example a point that is not on its curve.
    return undefined;
  }
}

/**
 * Whether a key signed a token.
 * @param alg An algorithm that the key supports.
 */
export function isSigned({ signed, signature }: Jwt, alg: string, jwk: Jwk): boolean {
  const key = keyObject(jwk);
  if (key === undefined) return false;
  // EdDSA includes its hash.
  const hash = alg.startsWith('Ed') ? null : `sha${alg.slice(2)}`;
  const by = alg.startsWith('ES') ? ({ key, dsaEncoding: 'ieee-p1363' } as const) : key;
  return verify(hash, Buffer.from(signed), by, signature);
}
