import type { KeyObject } from 'node:crypto';
import type { EdgeConfig, UploadPolicy } from '../../../edge/config.ts';
import { poolIssuer } from '../../../edge/issuers.ts';
import { omitUndefined } from '../../../protocol/fields.ts';
import type { Jwk } from '../../../protocol/signing-key.ts';
import { type Claims, signRs256 } from '../../support/keys/forge.ts';
import { rsaKeyPair } from '../../support/keys/rsa-keys.ts';

export const USER_POOL_ID = 'us-east-1_Ab1Cd2Ef3';
export const CLIENT_ID = '1h57kf5cpq17m0eml12EXAMPLE';
export const SUB = '7a3f5a7e-7b8d-4d5f-9d52-0d9c7f0c7f11';

/** A pool's signing key, and the public key as the pool publishes it. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: Jwk;
}

export function signingKey(kid: string): SigningKey {
  const { privateKey, publicKey } = rsaKeyPair();
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  return { kid, privateKey, publicKey, jwk: { kty: 'RSA', kid, alg: 'RS256', use: 'sig', n, e } };
}

export const POOL_KEY = signingKey('pool-key');

/** The pool's key set. */
export const JWKS = { keys: [POOL_KEY.jwk] };

export function config(policy: UploadPolicy = {}): EdgeConfig {
  const { maxSize, corsOrigins } = policy;
  const identity = { userPoolId: USER_POOL_ID, clientId: CLIENT_ID, jwks: JWKS };
  return {
    issuers: [poolIssuer(identity, policy)],
    policy: omitUndefined({ maxSize, corsOrigins }),
    origins: [],
  };
}

const seconds = () => Math.floor(Date.now() / 1000);

/** Claims of Cognito's access tokens. */
export function claims(changes: Claims = {}): Claims {
  return {
    sub: SUB,
    iss: `https://cognito-idp.us-east-1.amazonaws.com/${USER_POOL_ID}`,
    client_id: CLIENT_ID,
    token_use: 'access',
    scope: 'aws.cognito.signin.user.admin',
    auth_time: seconds(),
    iat: seconds(),
    exp: seconds() + 3600,
    username: 'ada',
    ...changes,
  };
}

export function accessToken(changes: Claims = {}, key = POOL_KEY): string {
  return signRs256(claims(changes), key.kid, key.privateKey);
}
