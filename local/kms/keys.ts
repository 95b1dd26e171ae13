import { randomUUID } from 'node:crypto';
import { ACCOUNT_ID } from '../account.ts';
import { policyText } from '../iam/identity-policy.ts';
import { flag, integer, list, oneOf, required, structure, text, withDefault } from '../shape.ts';
import { AwsError } from '../wire/errors.ts';
import { paginate } from '../wire/paging.ts';
import { checkPolicy, DEFAULT_POLICY, parsePolicy } from './key-policy.ts';
import { keyOperation, operation, validation } from './operation.ts';
import { ALGORITHM, KEY_SPEC, KEY_USAGE, OTHER_KEY_SPECS, OTHER_USAGES } from './specs.ts';
import { type Key, keyArn, stateOf } from './store.ts';

export const DAY_MS = 86_400_000;

/** KMS reports times in seconds since 1970. */
const seconds = (milliseconds: number) => milliseconds / 1000;

export const description = text({ max: 8192 });

const tag = structure({
  TagKey: required(text({ min: 1, max: 128 })),
  TagValue: required(text({ max: 256 })),
});

function metadataOf(key: Key): object {
  const state = stateOf(key);
  return {
    AWSAccountId: ACCOUNT_ID,
    KeyId: key.id,
    Arn: keyArn(key.id),
    CreationDate: seconds(key.created),
    Enabled: state === 'Enabled',
    Description: key.description,
    KeyUsage: KEY_USAGE,
    KeyState: state,
    Origin: 'AWS_KMS',
    KeyManager: 'CUSTOMER',
    CustomerMasterKeySpec: KEY_SPEC,
    KeySpec: KEY_SPEC,
    SigningAlgorithms: [ALGORITHM],
    MultiRegion: false,
    DeletionDate: key.deletion && seconds(key.deletion),
  };
}

const limit = withDefault(integer({ min: 1, max: 1000 }), 100);
const marker = text({ min: 1, max: 1024, pattern: /[\u0020-\u00ff]*/ });

function page<T>(
  name: string,
  all: readonly T[],
  keyOf: (item: T) => string,
  { Limit, Marker }: { readonly Limit: number; readonly Marker: string | undefined },
): object {
  const invalidToken = () => new AwsError('InvalidMarkerException', 'The marker is not valid.');
  const { items, next } = paginate(all, { limit: Limit, token: Marker, keyOf, invalidToken });
  return { [name]: items, Truncated: next !== undefined, NextMarker: next };
}

/** KMS has one policy name. */
const policyName = withDefault(oneOf(['default']), 'default');

const switchTo = (enabled: boolean) =>
  keyOperation({
    states: ['Enabled', 'Disabled'],
    fields: {},
    run({ keys }, key) {
      keys.save({ ...key, enabled });
    },
  });

/** The service has narrower limits than the API's model. */
export const windowInDays = integer({ min: 7, max: 30 });

export const keys = {
  EnableKey: switchTo(true),
  DisableKey: switchTo(false),
  /** https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html */
  CreateKey: operation(
    {
      KeySpec: oneOf([KEY_SPEC], { notSupported: OTHER_KEY_SPECS }),
      KeyUsage: oneOf([KEY_USAGE], { notSupported: OTHER_USAGES }),
      Origin: oneOf(['AWS_KMS'], { notSupported: ['EXTERNAL', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE'] }),
      Policy: policyText,
      Description: withDefault(description, ''),
      BypassPolicyLockoutSafetyCheck: withDefault(flag(), false),
      Tags: withDefault(list(tag), []),
    },
    ({ keys, permissions }, input) => {
      if (input.KeySpec === undefined) {
        throw validation(
          'The embedded cloud does not support the parameter KeySpec with the value SYMMETRIC_DEFAULT.',
        );
      }
      if (input.KeyUsage === undefined) {
        throw validation('You must specify a KeyUsage value for an asymmetric KMS key.');
      }
      const id = randomUUID();
      const policy = input.Policy === undefined ? DEFAULT_POLICY : parsePolicy(input.Policy);
      checkPolicy(policy, keyArn(id), permissions, input.BypassPolicyLockoutSafetyCheck);
      const key = keys.create({
        id,
        policy,
        description: input.Description,
        enabled: true,
        tags: Object.fromEntries(input.Tags.map(({ TagKey, TagValue }) => [TagKey, TagValue])),
      });
      return { KeyMetadata: metadataOf(key) };
    },
  ),
  DescribeKey: keyOperation({ fields: {}, run: (_kms, key) => ({ KeyMetadata: metadataOf(key) }) }),
  ListKeys: operation({ Limit: limit, Marker: marker }, ({ keys }, input) =>
    page(
      'Keys',
      keys.all().map(({ id }) => ({ KeyId: id, KeyArn: keyArn(id) })),
      ({ KeyId }) => KeyId,
      input,
    ),
  ),
  ListResourceTags: keyOperation({
    fields: { Limit: limit, Marker: marker },
    run: (_kms, { tags }, input) =>
      page(
        'Tags',
        Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
        ({ TagKey }) => TagKey,
        input,
      ),
  }),
  GetKeyPolicy: keyOperation({
    fields: { PolicyName: policyName },
    run: (_kms, { policy }) => ({ Policy: JSON.stringify(policy, undefined, 2), PolicyName: 'default' }),
  }),
  ListKeyPolicies: keyOperation({
    fields: { Limit: limit, Marker: marker },
    run: () => ({ PolicyNames: ['default'], Truncated: false }),
  }),
  PutKeyPolicy: keyOperation({
    states: ['Enabled', 'Disabled'],
    fields: {
      Policy: required(policyText),
      PolicyName: policyName,
      BypassPolicyLockoutSafetyCheck: withDefault(flag(), false),
    },
    run({ keys, permissions }, key, { Policy, BypassPolicyLockoutSafetyCheck: skips }) {
      const policy = parsePolicy(Policy);
      checkPolicy(policy, keyArn(key.id), permissions, skips);
      keys.save({ ...key, policy });
    },
  }),
  /** https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html */
  ScheduleKeyDeletion: keyOperation({
    states: ['Enabled', 'Disabled'],
    fields: { PendingWindowInDays: withDefault(windowInDays, 30) },
    run({ keys }, key, { PendingWindowInDays: days }) {
      const deletion = keys.now + days * DAY_MS;
      keys.save({ ...key, deletion });
      return {
        KeyId: keyArn(key.id),
        DeletionDate: seconds(deletion),
        KeyState: 'PendingDeletion',
        PendingWindowInDays: days,
      };
    },
  }),
  CancelKeyDeletion: keyOperation({
    states: ['PendingDeletion'],
    fields: {},
    run({ keys }, key) {
      const { deletion: _, ...rest } = key;
      keys.save({ ...rest, enabled: false });
      return { KeyId: keyArn(key.id) };
    },
  }),
};
