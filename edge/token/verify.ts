import { createPublicKey, type KeyObject, verify as verifySignature } from 'node:crypto';
import { JwtBaseError } from 'aws-jwt-verify/error';
import { type DecomposedJwt, decomposeUnverifiedJwt } from 'aws-jwt-verify/jwt';
import type { Jwk } from '../../protocol/signing-key.ts';
import type { EdgeConfig, EdgeIssuer } from '../config.ts';
import { invalidToken } from './authorization.ts';
import { type Caller, readCaller } from './claims.ts';
import { createKeySet, type FindKey, type KeySources } from './key-set.ts';

/**
 * @param domainName The distribution's own.
 * @throws {Refusal} `invalid_token`, `token_expired` or `keys_unavailable`
 */
export type Verify = (token: string, domainName?: string) => Promise<Caller>;

/** RFC 7515 allows one spelling only; a lenient decoder would take bits that no signature covers. */
function isCanonical(token: string): boolean {
  return token.split('.').every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);
}

/** Takes a token apart; errors of the library quote it. */
function decompose(token: string): DecomposedJwt {
  try {
    if (isCanonical(token)) return decomposeUnverifiedJwt(token);
  } catch (error) {
    if (!(error instanceof JwtBaseError)) throw error;
  }
  throw invalidToken('The token is not a well-formed JWT.');
}

/** RS256 of RFC 7518 section 3.3: RSASSA-PKCS1-v1_5 with SHA-256. */
function isSigned({ headerB64, payloadB64, signatureB64 }: DecomposedJwt, key: KeyObject): boolean {
  const signature = Buffer.from(signatureB64, 'base64url');
  return verifySignature('RSA-SHA256', Buffer.from(`${headerB64}.${payloadB64}`), key, signature);
}

/** The id of the key that a token says it is signed with. */
function readKeyId({ alg, kid, crit }: Readonly<Record<string, unknown>>): string {
  if (alg !== 'RS256') throw invalidToken('The token is not signed with the algorithm of the user pool.');
  // RFC 7515 section 4.1.11: extensions that must be understood, and here none is.
  if (crit !== undefined) throw invalidToken('The token has a crit header, which is not supported.');
  if (typeof kid !== 'string') throw invalidToken('The token does not name its key.');
  return kid;
}

/**
 * Verifies access tokens of one pool and client, offline for the keys that are baked in. The signature comes last: for
 * a token that is refused for what it says, no key is looked up.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
 */
export function createVerify(config: EdgeConfig, sources: KeySources = {}): Verify {
  const { now = Date.now } = sources;
  const known = new Map<unknown, { readonly issuer: EdgeIssuer; readonly findKey: FindKey }>();
  for (const issuer of config.issuers) {
    const findKey = createKeySet(issuer.keys, issuer.jwksUri, sources);
    for (const iss of issuer.iss) known.set(iss, { issuer, findKey });
  }
  const keyObjects = new WeakMap<object, KeyObject>();
  const keyObjectOf = (jwk: Jwk): KeyObject => {
    const key = keyObjects.get(jwk) ?? createPublicKey({ key: { ...jwk }, format: 'jwk' });
    keyObjects.set(jwk, key);
    return key;
  };
  return async (token) => {
    const jwt = decompose(token);
    const { header, payload } = jwt;
    const found = known.get(payload.iss);
    if (found === undefined) throw invalidToken('The token is not of this user pool.');
    const kid = readKeyId({ ...header });
    const caller = readCaller({ ...payload }, found.issuer, now() / 1000);
    const jwk = await found.findKey(kid);
    if (jwk === undefined) throw invalidToken('The token is not signed by a key of this user pool.');
    if (!isSigned(jwt, keyObjectOf(jwk))) throw invalidToken('The signature of the token is not valid.');
    return caller;
  };
}
