import { verify } from 'node:crypto';
import { UserError } from '../../errors.ts';
import { unexpectedAwsResponse } from '../aws-failures.ts';
import type { StackWork } from '../find-stack.ts';
import { kmsFailure, type SigningKey } from './signing-key.ts';

/** The claims of a link or key. */
export type TokenClaims = {
  readonly iss: 'edge';
  /** Origin of the edge. */
  readonly aud: string;
  readonly sub: `link:${string}` | `key:${string}`;
  readonly iat: number;
  readonly exp: number;
  /** Maximum bytes of an object. */
  readonly max?: number;
  /** Never overwrites. */
  readonly nc?: true;
  /** Text that the page shows. Links only. */
  readonly n?: string;
} & (
  | {
      /** The exact key. */
      readonly k: string;
      readonly p?: never;
    }
  | {
      /** Beginning of the keys. */
      readonly p: string;
      readonly k?: never;
    }
);

/** Maximum bytes that KMS signs: https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html */
const MAX_MESSAGE_BYTES = 4096;

/**
 * The operator's policy allows signing by the key's tag:
 * https://docs.aws.amazon.com/kms/latest/developerguide/tag-authorization.html
 */
const NEW_TAG =
  'If the signing key is new, KMS may take five minutes to honour its tag: then run the same command again.';

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

async function signatureOf(work: StackWork, key: SigningKey, Message: Uint8Array, doing: string) {
  const { SignCommand } = await import('@aws-sdk/client-kms');
  const kms = await work.clients.kms();
  const request = {
    KeyId: key.keyId,
    Message,
    MessageType: 'RAW',
    SigningAlgorithm: 'ED25519_SHA_512',
  } as const;
  try {
    return (await kms.send(new SignCommand(request))).Signature;
  } catch (error) {
    const { code, message, hintLines } = kmsFailure(error, doing, key);
    const hint = code === 'access_denied' ? [...hintLines, NEW_TAG] : hintLines;
    throw new UserError(code, message, { hint, cause: error });
  }
}

/**
 * Returns the signed part of a token.
 * @throws {UserError} `usage` for more than KMS signs
 */
export function signingInput({ jwk: { kid } }: SigningKey, claims: TokenClaims): Buffer {
  const message = Buffer.from(`${part({ alg: 'EdDSA', kid })}.${part(claims)}`, 'ascii');
  if (message.length <= MAX_MESSAGE_BYTES) return message;
  const isLink = claims.sub.startsWith('link:');
  const scope = claims.k !== undefined ? '--as' : isLink ? '--prefix' : '--write-to';
  const flags = claims.n === undefined ? scope : `${scope} or --note`;
  throw new UserError(
    'usage',
    `The ${isLink ? 'link' : 'key'} is too long: ${message.length} bytes, and KMS signs at most ${MAX_MESSAGE_BYTES}.`,
    { hint: `Use a shorter ${flags}. Quotation marks and backslashes count twice.` },
  );
}

/**
 * Returns a link (`eul_…`) or a key (`euk_…`): an EdDSA JWT that KMS signed, checked with the public key.
 * @throws {UserError} `stack_failed` for a key that cannot sign, `access_denied` without `kms:Sign`, `usage` as
 *   {@link signingInput}
 */
export async function signToken(work: StackWork, key: SigningKey, claims: TokenClaims): Promise<string> {
  const Message = signingInput(key, claims);
  const doing = `Signing ${claims.sub}`;
  const Signature = await signatureOf(work, key, Message, doing);
  const jwk = { key: { ...key.jwk }, format: 'jwk' } as const;
  if (Signature === undefined || !verify(null, Message, jwk, Signature)) {
    throw unexpectedAwsResponse('KMS', doing, 'its signature does not match the key');
  }
  const prefix = claims.sub.startsWith('link:') ? 'eul_' : 'euk_';
  return `${prefix}${Message.toString('ascii')}.${Buffer.from(Signature).toString('base64url')}`;
}
