import type { Accessed } from '../iam/identity-policy.ts';
import type { Permissions } from '../iam/permissions.ts';
import { type Fields, type Output, required, text } from '../shape.ts';
import { AwsError } from '../wire/errors.ts';
import { operationsOf } from '../wire/operations.ts';
import { refuseByPolicy } from './key-policy.ts';
import { KEY_SPEC } from './specs.ts';
import { type Key, type KeyState, type KeyStore, keyArn, stateOf } from './store.ts';

export interface Kms {
  readonly keys: KeyStore;
  readonly permissions: Permissions;
}

export const validation = (message: string) => new AwsError('ValidationException', message);

const invalidState = (message: string) => new AwsError('KMSInvalidStateException', message);

const reading = { format: 'json', invalid: 'ValidationException' } as const;

/** Creates an operation of the account. */
export const operation = operationsOf<Kms, object>(reading);

/** Operations on a key check IAM themselves, because conditions are about the key. */
const onKey = operationsOf<Kms, object>({ ...reading, access: 'signed' });

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html */
const keyId = { KeyId: required(text({ min: 1, max: 2048 })) };

interface KeyOperation<F extends Fields> {
  readonly fields: F;
  /** States of the key in which the operation is allowed: all if absent. */
  readonly states?: readonly KeyState[];
  // biome-ignore lint/suspicious/noConfusingVoidType: an operation without a result returns nothing
  readonly run: (kms: Kms, key: Key, input: Output<F>) => object | void;
}

/**
 * Creates an operation on a key. The key's policy and its state must allow it.
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
 */
export function keyOperation<F extends Fields>({ fields, states, run }: KeyOperation<F>) {
  return onKey({ ...fields, ...keyId }, (kms, given, { name }) => {
    const input = given as Output<F> & Output<typeof keyId>;
    const key = kms.keys.get(input.KeyId);
    refuseByPolicy(key.policy, kms.permissions, `kms:${name}`, accessedKey(key));
    refuseState(key, states);
    return run(kms, key, input);
  });
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
