import { createHash, createPublicKey } from 'node:crypto';
import type { TrustedKeys } from '../../../infra/edge-keys.ts';
import type { StackOptions, StackSigningKey } from '../../../infra/options.ts';
import type { Jwk } from '../../../protocol/signing-key.ts';
import { UserError } from '../../errors.ts';
import { STACK_REGION } from '../../network/aws.ts';
import { table } from '../../table.ts';
import { awsFailure, unexpectedAnswer } from '../aws-failures.ts';
import type { FoundStack } from '../find-stack.ts';
import { readOptions } from '../options/kept-options.ts';
import { stackResources } from '../stack-resources.ts';
import type { StackWork } from '../stack-work.ts';
import { bakedConfig } from '../template/baked-config.ts';
import type { DeployedStack } from '../template/deployed-template.ts';

/** A signing key that exists in KMS. */
export interface SigningKey {
  /** Of {@link StackSigningKey}. */
  readonly id: string;
  /** Of KMS. */
  readonly keyId: string;
  readonly jwk: Jwk;
}

/** Returns a public key as the edge has it. @param spki DER @throws for another key than an Ed25519 one */
export function publicJwk(spki: Uint8Array): Jwk {
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  const { kty, crv, x } = key.export({ format: 'jwk' });
  if (kty !== 'OKP' || crv !== 'Ed25519' || x === undefined) throw new TypeError('not an Ed25519 key');
  // RFC 7638: the required members in the order of the alphabet.
  const thumbprint = createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');
  return { kty, kid: thumbprint.slice(0, 16), crv, x };
}

/** Errors of KMS for keys that cannot be used, and the commands that make them usable again. */
const UNUSABLE = table<{ readonly why: string; readonly fix: (command: string) => readonly string[] }>({
  DisabledException: { why: 'it is disabled', fix: (key) => [`  aws kms enable-key ${key}`] },
  KMSInvalidStateException: {
    why: 'it is scheduled for deletion',
    fix: (key) => [`  aws kms cancel-key-deletion ${key}`, `  aws kms enable-key ${key}`],
  },
});

/** Returns a failed request to KMS as an operator meets it. */
export function kmsFailure(error: unknown, doing: string, { id, keyId }: Pick<SigningKey, 'id' | 'keyId'>) {
  const { name } = error as Error;
  const replace = [
    'Or replace it; every link and key that it signed then stops:',
    '  edge-upload key rotate --drop',
  ];
  if (name === 'NotFoundException') {
    return new UserError('stack_failed', `${doing} failed: KMS has no signing key ${id} (${keyId}).`, {
      hint: ['It was deleted outside edge-upload. Replace it:', '  edge-upload key rotate --drop'],
      cause: error,
    });
  }
  const unusable = UNUSABLE[name];
  if (unusable === undefined) return awsFailure(error, doing);
  return new UserError('stack_failed', `${doing} failed: ${unusable.why} (${keyId}).`, {
    hint: [
      'Make it usable again:',
      ...unusable.fix(`--key-id ${keyId} --region ${STACK_REGION}`),
      ...replace,
    ],
    cause: error,
  });
}

/** Returns the logical id of a signing key in the template: see infra/signing-key.ts. */
function logicalIdOf({ id }: Pick<StackSigningKey, 'id'>): string {
  return `SigningKey${id}`;
}

async function readKey(work: StackWork, id: string, keyId: string): Promise<SigningKey> {
  const doing = `Reading the signing key ${id}`;
  const { GetPublicKeyCommand } = await import('@aws-sdk/client-kms');
  const kms = await work.clients.kms();
  try {
    const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: keyId }));
    if (PublicKey === undefined) throw unexpectedAnswer('KMS', doing, 'it has no public key');
    return { id, keyId, jwk: publicJwk(PublicKey) };
  } catch (error) {
    throw kmsFailure(error, doing, { id, keyId });
  }
}

/**
 * Returns those signing keys of the options that the stack has, newest first.
 * @throws {UserError} `stack_failed` naming a key that is disabled, scheduled for deletion or missing in KMS
 */
export async function signingKeys(
  work: StackWork,
  { signing }: StackOptions,
  stack: FoundStack | undefined,
): Promise<readonly SigningKey[]> {
  if (signing === undefined || stack === undefined || stack.status === 'REVIEW_IN_PROGRESS') return [];
  const resources = await stackResources(work, stack.id);
  const keyIdOf = (key: StackSigningKey) =>
    resources.find(({ logicalId, status }) => logicalId === logicalIdOf(key) && status !== 'DELETE_COMPLETE')
      ?.physicalId;
  const found = signing.keys.map(async (key) => {
    const keyId = keyIdOf(key);
    return keyId === undefined ? [] : [await readKey(work, key.id, keyId)];
  });
  return (await Promise.all(found)).flat();
}

/**
 * Returns the public halves of {@link signingKeys} as they are baked; without a member where there is none.
 * @throws {UserError} as {@link signingKeys}
 */
export async function publicSigningKeys(
  work: StackWork,
  options: StackOptions,
  stack: FoundStack | undefined,
): Promise<Pick<TrustedKeys, 'signing'>> {
  const keys = await signingKeys(work, options, stack);
  return keys.length === 0 ? {} : { signing: keys.map(({ jwk }) => jwk) };
}

/**
 * Returns the newest signing key if the deployed edge verifies what it signs; `undefined` where a deploy must create or
 * bake it first.
 * @throws {UserError} as {@link signingKeys}
 */
export async function usableSigningKey(
  work: StackWork,
  { stack, template }: DeployedStack,
): Promise<SigningKey | undefined> {
  const { signing } = readOptions(template);
  const newest = signing?.keys.slice(0, 1);
  if (newest === undefined) return undefined;
  const [key] = await signingKeys(work, { signing: { keys: newest } }, stack);
  const baked = bakedConfig(template)?.signing?.keys ?? [];
  return baked.some(({ kid }) => kid === key?.jwk.kid) ? key : undefined;
}
