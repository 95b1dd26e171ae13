import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { Jwk } from '../../protocol/signing-key.ts';
import type { Jwt } from './decompose.ts';

/** Hashes of RFC 7518 section 3; EdDSA of RFC 8037 has its own. */
const HASHES: Readonly<Record<string, string | null>> = {
  RS256: 'sha256',
  RS384: 'sha384',
  RS512: 'sha512',
  ES256: 'sha256',
  ES384: 'sha384',
  ES512: 'sha512',
  EdDSA: null,
};

/** Whether `alg` of a token's header is an algorithm that the edge verifies: no secret ones, and not `none`. */
export function isAlgorithm(alg: unknown): alg is string {
  return typeof alg === 'string' && Object.hasOwn(HASHES, alg);
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
    // Such as a point that is not on its curve.
    return undefined;
  }
}

/** Whether a key signed a token. @param alg One that fits the key. */
export function isSigned({ signed, signature }: Jwt, alg: string, jwk: Jwk): boolean {
  const key = keyObject(jwk);
  if (key === undefined) return false;
  return verify(HASHES[alg], Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }, signature);
}
