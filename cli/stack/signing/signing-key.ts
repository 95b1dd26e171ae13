import { createHash, createPublicKey } from 'node:crypto';
import type { TrustedKeys } from '../../../infra/edge-code.ts';
import type { StackOptions, StackSigningKey } from '../../../infra/options.ts';
import { omitUndefined, table } from '../../../protocol/fields.ts';
import type { Jwk } from '../../../protocol/signing-key.ts';
import { command } from '../../command-line.ts';
import { isUserError, UserError } from '../../errors.ts';
import { awsFailure, unexpectedAwsResponse } from '../aws-failures.ts';
import { type FoundStack, resourcesIfThere, type StackResource, type StackWork } from '../find-stack.ts';
import { REPAIRS } from '../kms-keys.ts';
import { readOptions } from '../options/deployed-options.ts';
import { bakedConfig, type DeployedStack, templateIfThere } from '../template/template.ts';

/** A signing key that exists in KMS. */
export interface SigningKey {
  /** Of {@link StackSigningKey}. */
  readonly id: string;
  /** Of KMS. */
  readonly keyId: string;
  readonly jwk: Jwk;
}

/**
 * Returns a public key in the edge's format.
 * @param spki DER
 * @throws for a key that is not Ed25519
 */
export function publicJwk(spki: Uint8Array): Jwk {
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  const { kty, crv, x } = key.export({ format: 'jwk' });
  if (kty !== 'OKP' || crv !== 'Ed25519' || x === undefined) throw new TypeError('not an Ed25519 key');
  // RFC 7638: the required members in the order of the alphabet.
  const thumbprint = createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');
  return { kty, kid: thumbprint.slice(0, 16), crv, x };
}

type UnusableState = keyof typeof REPAIRS | 'Missing';

/** Whether a key in this state of KMS is unusable. `Missing`: it does not exist. */
export function isUnusable(state: string): state is UnusableState {
  return state === 'Missing' || Object.hasOwn(REPAIRS, state);
}

/** Names of KMS's errors for unusable keys. */
const STATES = table<UnusableState>({
  DisabledException: 'Disabled',
  KMSInvalidStateException: 'PendingDeletion',
  NotFoundException: 'Missing',
});

/** Returns the error for a signing key that cannot be used. */
export function unusableKey(
  { id, keyId }: Pick<SigningKey, 'id' | 'keyId'>,
  state: UnusableState,
  doing: string,
  cause?: unknown,
): UserError {
  if (state === 'Missing') {
    return new UserError('stack_failed', `${doing} failed: KMS has no signing key ${id} (${keyId}).`, {
      hint: ['It was deleted outside edge-upload. Replace it:', command`edge-upload key rotate --drop`],
      ...omitUndefined({ cause }),
    });
  }
  const { why, commands } = REPAIRS[state];
  return new UserError('stack_failed', `${doing} failed: it ${why} (${keyId}).`, {
    hint: [
      'Make it usable again:',
      ...commands(keyId),
      'Or replace it; every link and key that it signed then stops:',
      command`edge-upload key rotate --drop`,
    ],
    ...omitUndefined({ cause }),
  });
}

/** Returns the operator's error for a failed request to KMS. */
export function kmsFailure(error: unknown, doing: string, key: Pick<SigningKey, 'id' | 'keyId'>): UserError {
  const state = STATES[(error as Error).name];
  return state === undefined ? awsFailure(error, doing) : unusableKey(key, state, doing, error);
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
    if (PublicKey === undefined) throw unexpectedAwsResponse('KMS', doing, 'it has no public key');
    return { id, keyId, jwk: publicJwk(PublicKey) };
  } catch (error) {
    throw kmsFailure(error, doing, { id, keyId });
  }
}

/**
 * Returns the ids of those signing keys of the options that the stack has, newest first.
 * @param readResources of the stack; is not called if the options have no signing key
 */
export async function signingKeyIds(
  { signing }: StackOptions,
  readResources: () => Promise<readonly StackResource[]>,
): Promise<readonly Pick<SigningKey, 'id' | 'keyId'>[]> {
  if (signing === undefined) return [];
  const resources = await readResources();
  return signing.keys.flatMap((key) => {
    const found = resources.find(
      ({ logicalId, status }) => logicalId === logicalIdOf(key) && status !== 'DELETE_COMPLETE',
    );
    return found?.physicalId === undefined ? [] : [{ id: key.id, keyId: found.physicalId }];
  });
}

/**
 * Returns those signing keys of the options that the stack has, newest first.
 * @throws {UserError} `stack_failed` naming a key that is disabled, scheduled for deletion or missing in KMS
 */
export async function signingKeys(
  work: StackWork,
  options: StackOptions,
  stack: FoundStack | undefined,
): Promise<readonly SigningKey[]> {
  const ids = await signingKeyIds(options, () => resourcesIfThere(work, stack));
  return Promise.all(ids.map(({ id, keyId }) => readKey(work, id, keyId)));
}

/** Returns the public keys that the deployed edge verifies with, by the ids of the options. */
async function bakedJwks(work: StackWork, stack: FoundStack | undefined): Promise<ReadonlyMap<string, Jwk>> {
  const template = await templateIfThere(work, stack);
  if (template === undefined) return new Map();
  const inOptions = readOptions(template).signing?.keys ?? [];
  const baked = bakedConfig(template)?.signing?.keys ?? [];
  // Newest first in both; the newest key may not be baked yet.
  const missing = inOptions.length - baked.length;
  if (missing < 0) return new Map();
  return new Map(
    inOptions.slice(missing).flatMap(({ id }, at) => {
      const jwk = baked[at];
      return jwk === undefined ? [] : [[id, jwk] as const];
    }),
  );
}

interface VerifyingKeys {
  /** The public keys that the deployed edge has; absent without an edge. */
  readonly signing?: TrustedKeys['signing'];
  /** Errors of keys that cannot sign. Tokens that they signed stay valid. */
  readonly unusable: readonly UserError[];
}

/**
 * Returns the public halves of the stack's signing keys. Of a key that is disabled, scheduled for deletion or missing,
 * the half that the deployed edge has: a deploy that revokes a link must succeed then.
 * @throws {UserError} as {@link signingKeys}, for a key that no edge has yet
 */
export async function verifyingKeys(
  work: StackWork,
  options: StackOptions,
  stack: FoundStack | undefined,
): Promise<VerifyingKeys> {
  const unusable: UserError[] = [];
  const ids = await signingKeyIds(options, () => resourcesIfThere(work, stack));
  let baked: Promise<ReadonlyMap<string, Jwk>> | undefined;
  const jwks = await Promise.all(
    ids.map(async ({ id, keyId }) => {
      try {
        return (await readKey(work, id, keyId)).jwk;
      } catch (error) {
        if (!isUserError(error) || error.code !== 'stack_failed') throw error;
        baked ??= bakedJwks(work, stack);
        const jwk = (await baked).get(id);
        if (jwk === undefined) throw error;
        unusable.push(error);
        return jwk;
      }
    }),
  );
  return { unusable, ...(jwks.length > 0 && { signing: jwks }) };
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
