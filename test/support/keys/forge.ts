import { createHmac, createSign, type KeyObject } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export type Claims = Record<string, unknown>;

export interface PoolKey {
  readonly kid: string;
  /** PKCS#8 PEM. */
  readonly privateKey: string;
}

/**
 * Matches a signed or encrypted token in a text. Random base64url sometimes begins with the three letters of a token's
 * header, but contains no dots.
 */
export const TOKEN_IN_TEXT = /eyJ[\w-]{8,}\.[\w-]{8,}/;

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

export function claimsOf(token: string): Claims {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

/** Signs a token like its pool. */
export function signRs256(claims: Claims, kid: string, key: KeyObject | string): string {
  const head = `${part({ alg: 'RS256', kid, typ: 'JWT' })}.${part(claims)}`;
  return `${head}.${createSign('RSA-SHA256').update(head).sign(key, 'base64url')}`;
}

/** Signs by algorithm confusion: the text of the public key is the HMAC secret. */
export function signHs256(claims: Claims, kid: string, secret: string): string {
  const head = `${part({ alg: 'HS256', kid, typ: 'JWT' })}.${part(claims)}`;
  return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`;
}

export function unsigned(claims: Claims, kid: string): string {
  return `${part({ alg: 'none', kid, typ: 'JWT' })}.${part(claims)}.`;
}

/** Flips one bit in the middle of one part (0 header, 1 claims, 2 signature) of a token. */
export function flipBit(token: string, which: 0 | 1 | 2): string {
  const parts = token.split('.');
  const bytes = Buffer.from(parts[which] ?? '', 'base64url');
  const at = Math.floor(bytes.length / 2);
  bytes.writeUInt8((bytes[at] ?? 0) ^ 1, at);
  parts[which] = bytes.toString('base64url');
  return parts.join('.');
}

/** Returns the key with which an embedded pool signs access tokens, so that a test can forge them. */
export async function accessKey(dataDir: string, userPoolId: string): Promise<PoolKey> {
  const folder = join(dataDir, 'cognito');
  for (const file of await readdir(folder, { recursive: true })) {
    if (!file.endsWith('.json') || !file.includes(userPoolId)) continue;
    const { access } = JSON.parse(await readFile(join(folder, file), 'utf8')) as { access?: PoolKey };
    if (access?.privateKey !== undefined) return access;
  }
  throw new Error(`no signing key of ${userPoolId} below ${folder}`);
}
