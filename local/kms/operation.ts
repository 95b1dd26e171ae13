import type { Accessed } from '../iam/identity-policy.ts';
import type { Permissions } from '../iam/permissions.ts';
import type { JsonObject } from '../json.ts';
import { REQUEST_CODES } from '../place.ts';
import { type Fields, type Output, readInput, required, structure, text } from '../shape.ts';
import { AwsError } from '../wire/errors.ts';
import { invalidState, validation } from './errors.ts';
import { refuseByPolicy } from './key-policy.ts';
import { KEY_SPEC } from './specs.ts';
import { type Key, type KeyState, type KeyStore, keyArn, stateOf } from './store.ts';

export interface Kms {
  readonly keys: KeyStore;
  readonly permissions: Permissions;
}

export type Operation = (kms: Kms, body: JsonObject) => JsonObject;

/** Reads the input of an operation. @throws AwsError with KMS's code for invalid input */
function read<F extends Fields>(fields: F, body: JsonObject, notSupported: readonly string[]): Output<F> {
  try {
    return readInput(structure(fields, { strict: true, notSupported }), body);
  } catch (error) {
    const isInvalid = error instanceof AwsError && error.code === REQUEST_CODES.json.invalid;
    throw isInvalid ? validation(error.message) : error;
  }
}

/** Creates an operation of the account. */
export function operation<F extends Fields>(
  fields: F,
  run: (kms: Kms, input: Output<F>) => JsonObject,
): Operation {
  return (kms, body) => run(kms, read(fields, body, []));
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html */
const keyId = { KeyId: required(text({ min: 1, max: 2048 })) };

interface KeyOperation<F extends Fields> {
  readonly name: string;
  readonly fields: F;
  /** States of the key in which the operation is allowed: all if absent. */
  readonly states?: readonly KeyState[];
  readonly run: (kms: Kms, key: Key, input: Output<F>) => JsonObject;
}

/**
 * Creates an operation on a key. The key's policy and its state must allow it.
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
 */
export function keyOperation<F extends Fields>({ name, fields, states, run }: KeyOperation<F>): Operation {
  return (kms, body) => {
    const input = read({ ...fields, ...keyId }, body, []) as Output<F> & { readonly KeyId: string };
    const key = kms.keys.get(input.KeyId);
    refuseByPolicy(key.policy, kms.permissions, `kms:${name}`, accessedKey(key));
    refuseState(key, states);
    return run(kms, key, input);
  };
}

/** https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html */
function accessedKey({ id, tags }: Key): Accessed {
  const ofTags = Object.entries(tags).map(([name, value]) => [`aws:ResourceTag/${name}`, value]);
  return { resource: keyArn(id), context: { ...Object.fromEntries(ofTags), 'kms:KeySpec': KEY_SPEC } };
}

function refuseState(key: Key, states: readonly KeyState[] | undefined): void {
  const state = stateOf(key);
  if (states === undefined || states.includes(state)) return;
  const arn = keyArn(key.id);
  if (state === 'PendingDeletion') throw invalidState(`${arn} is pending deletion.`);
  if (state === 'Disabled' && states.includes('Enabled'))
    throw new AwsError('DisabledException', `${arn} is disabled.`);
  throw invalidState(`${arn} is not pending deletion.`);
}
