import { createPublicKey, sign, verify } from 'node:crypto';
import type { Json, JsonObject } from '../json.ts';
import type { SigningKey } from './keys.ts';

const encode = (value: Json) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A JSON web token, RS256. */
export function signJwt({ kid, privateKey }: SigningKey, claims: JsonObject): string {
  const content = `${encode({ kid, alg: 'RS256' })}.${encode(claims)}`;
  return `${content}.${sign('RSA-SHA256', Buffer.from(content), privateKey).toString('base64url')}`;
}

function decode(part: string): JsonObject | undefined {
  try {
    const value: Json = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : undefined;
  } catch {
    // Whatever is not JSON is not a token; the caller refuses it.
    return undefined;
  }
}

/** The claims as the token states them, believed by nobody yet; `undefined` where it is no JSON web token. */
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
