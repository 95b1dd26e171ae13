import type { JsonObject } from '../json.ts';
import { creatorOf, type ResourceHandler, type ResourceState, uuidOf } from '../resource.ts';
import { changed, document, flag, oneOf, readProperties, structure, tags, withDefault } from '../shape.ts';
import { AwsError, notSupported } from '../wire/errors.ts';
import { checkPolicy, DEFAULT_POLICY } from './key-policy.ts';
import { DAY_MS, description, windowInDays } from './keys.ts';
import type { Kms } from './operation.ts';
import { KEY_SPEC, KEY_USAGE, OTHER_KEY_SPECS, OTHER_USAGES } from './specs.ts';
import { type Key, keyArn, type NewKey, notFound } from './store.ts';

const never = (name: string) =>
  changed(flag(), (value) => {
    if (value) throw notSupported(`the property #/${name} with the value true`);
    return value;
  });

const keyProperties = structure(
  {
    BypassPolicyLockoutSafetyCheck: withDefault(flag(), false),
    Description: withDefault(description, ''),
    Enabled: withDefault(flag(), true),
    EnableKeyRotation: never('EnableKeyRotation'),
    KeyPolicy: withDefault(document(), DEFAULT_POLICY),
    KeySpec: oneOf([KEY_SPEC], { notSupported: OTHER_KEY_SPECS }),
    KeyUsage: oneOf([KEY_USAGE], { notSupported: OTHER_USAGES }),
    MultiRegion: never('MultiRegion'),
    Origin: oneOf(['AWS_KMS'], { notSupported: ['EXTERNAL'] }),
    PendingWindowInDays: withDefault(windowInDays, 30),
    Tags: withDefault(tags(), {}),
  },
  { notSupported: ['RotationPeriodInDays'] },
);

/** A change of these properties fails the update, because a new key would have other key material. */
const FIXED = ['KeySpec', 'KeyUsage', 'MultiRegion', 'Origin'];

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html */
export function keyResource(kms: Kms): ResourceHandler {
  const { keys } = kms;
  return {
    type: 'AWS::KMS::Key',
    replaceOn: [],
    async create(request) {
      const id = uuidOf(creatorOf(request));
      const settings = readKey(kms, id, request.properties);
      return stateOf(keys.find(id) ?? keys.create(settings));
    },
    async update({ physicalId, properties, previous }) {
      const fixed = FIXED.filter((name) => String(properties[name]) !== String(previous[name]));
      if (fixed.length > 0) {
        throw new AwsError('NotUpdatable', `Update to ${fixed.join(', ')} of a KMS key is not allowed.`);
      }
      const key = keys.find(physicalId);
      if (key === undefined) throw notFound(`Key '${keyArn(physicalId)}' does not exist`);
      const next = { ...key, ...readKey(kms, physicalId, properties) };
      keys.save(next);
      return stateOf(next);
    },
    actual(physicalId, properties) {
      const key = keys.find(physicalId);
      // CloudFormation treats a key that is scheduled for deletion as deleted.
      if (key === undefined || key.deletion !== undefined) return undefined;
      const { enabled } = readKey(kms, physicalId, properties);
      return key.enabled === enabled ? properties : { ...properties, Enabled: key.enabled };
    },
    async delete(physicalId, properties) {
      const key = keys.find(physicalId);
      if (key === undefined || key.deletion !== undefined) return;
      const { PendingWindowInDays: days } = readProperties(keyProperties, properties);
      keys.save({ ...key, deletion: keys.now + days * DAY_MS });
    },
  };
}

function readKey({ permissions }: Kms, id: string, properties: JsonObject): NewKey {
  const read = readProperties(keyProperties, properties);
  if (read.KeySpec === undefined)
    throw notSupported('the property #/KeySpec with the value SYMMETRIC_DEFAULT');
  if (read.KeyUsage === undefined) {
    throw new AwsError('InvalidRequest', 'You must specify a KeyUsage value for an asymmetric KMS key.');
  }
  checkPolicy(read.KeyPolicy, keyArn(id), permissions, read.BypassPolicyLockoutSafetyCheck);
  return {
    id,
    policy: read.KeyPolicy,
    description: read.Description,
    enabled: read.Enabled,
    tags: read.Tags,
  };
}

function stateOf({ id }: Pick<Key, 'id'>): ResourceState {
  return { physicalId: id, attributes: { Arn: keyArn(id), KeyId: id } };
}
