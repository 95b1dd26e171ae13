import type { Claims } from './claims.ts';
import { omitUndefined } from './fields.ts';

/** A public key that verifies tokens: RSA, EC or OKP (RFC 7518, RFC 8037). */
export interface Jwk {
  readonly kty: string;
  readonly kid: string;
  readonly alg?: string;
  readonly use?: string;
  readonly crv?: string;
  readonly n?: string;
  readonly e?: string;
  readonly x?: string;
  readonly y?: string;
}

/** Maximum bytes of a provider's document. The largest documents are key sets with a certificate chain for each key. */
export const MAX_KEY_SET_BYTES = 262_144;

/** Algorithms that a key supports, by key type and, except for RSA, by curve. */
const ALGORITHMS: Readonly<Record<string, readonly string[]>> = {
  RSA: ['RS256', 'RS384', 'RS512'],
  'EC P-256': ['ES256'],
  'EC P-384': ['ES384'],
  'EC P-521': ['ES512'],
  // `Ed25519` is the name in RFC 9864, which deprecates `EdDSA`.
  'OKP Ed25519': ['EdDSA', 'Ed25519'],
};

/**
 * Matches an RSA exponent: odd, at most 9 bytes, in base64url, not 1. With 1, every signature would be valid. Does not
 * use `Buffer`, which browsers lack.
 */
const EXPONENT =
  /^(?!A+[BEQ]$)(?:[\w-]{4}){0,2}(?:[\w-][Qw]|[\w-]{2}[08EMUcks]|[\w-]{3}[13579BDFHJLNPRTVXZ_bdfhjlnprtvxz])$/;

/**
 * Matches an Ed25519 key other than the points of small order, in all their spellings. With one of them, a signature can be
 * valid for every text. https://www.rfc-editor.org/rfc/rfc8032#section-8.9, https://eprint.iacr.org/2020/1244
 */
const ED25519_POINT =
  /^(?!A[AQ]A{39}[AI][A-D]|JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_[AI][U-X]|xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA[3_][o-r]|7[Pfv]_{39}[3_][89_-])[\w-]{43}$/;

/** The numbers of a key, in base64url. 342 characters are 2,048 bits, RFC 7518's minimum for RSA. */
const NUMBERS: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  RSA: { n: /^[\w-]{342,2000}$/, e: EXPONENT },
  EC: { x: /^[\w-]{43,88}$/, y: /^[\w-]{43,88}$/ },
  OKP: { x: ED25519_POINT },
};

/** Returns the algorithms that a key is allowed to sign with; none for an unsupported key. */
export function algorithmsOf({ kty, crv, alg }: Pick<Jwk, 'kty' | 'crv' | 'alg'>): readonly string[] {
  const id = kty === 'RSA' ? kty : `${kty} ${crv}`;
  const fitting = Object.hasOwn(ALGORITHMS, id) ? (ALGORITHMS[id] ?? []) : [];
  return alg === undefined ? fitting : fitting.filter((one) => one === alg);
}

const isText = (value: unknown): value is string => typeof value === 'string';

/** Copies the properties that verification needs. Certificates and private numbers are never baked. */
function readSigningKey(value: unknown): Jwk | undefined {
  const { kty, kid, alg, use, crv, key_ops: operations = ['verify'], ...rest } = Object(value) as Claims;
  if (!isText(kty) || !isText(kid) || (use !== undefined && use !== 'sig')) return undefined;
  if (![alg, crv].every((text) => text === undefined || isText(text))) return undefined;
  if (!Array.isArray(operations) || !operations.includes('verify')) return undefined;
  const numbers = Object.entries(NUMBERS[kty] ?? {}).map(([name]) => [name, rest[name]] as const);
  const key = omitUndefined({ kty, kid, alg, use, crv, ...Object.fromEntries(numbers) }) as unknown as Jwk;
  const sound =
    algorithmsOf(key).length > 0 &&
    numbers.every(([name, text]) => isText(text) && NUMBERS[kty]?.[name]?.test(text));
  return sound ? key : undefined;
}

function keysOf(keySet: unknown): readonly unknown[] {
  const { keys } = (keySet ?? {}) as { readonly keys?: unknown };
  return Array.isArray(keys) ? keys : [];
}

/** Returns the keys of a key set that can verify tokens. Skips unsupported and malformed keys. */
export function signingKeysOf(keySet: unknown): readonly Jwk[] {
  return keysOf(keySet)
    .map(readSigningKey)
    .filter((key) => key !== undefined);
}

/**
 * As `signingKeysOf`, for a set that an issuer publishes. A published private key (RFC 7518, `d`) proves nothing,
 * because anyone can sign with it: it is skipped.
 */
export function publishedKeysOf(keySet: unknown): readonly Jwk[] {
  return signingKeysOf({ keys: keysOf(keySet).filter((key) => Object(key).d === undefined) });
}
