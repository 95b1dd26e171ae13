import type { JsonObject } from '../../json.ts';
import type { ResourceHandler } from '../../resource.ts';
import { readProperties, required, type Shape, structure, text } from '../../shape.ts';
import { AwsError } from '../../wire/errors.ts';
import { noSuchBucket } from '../errors.ts';
import { checkPolicy } from '../policy.ts';
import type { Bucket } from '../store/bucket.ts';
import type { BucketStore } from '../store/store.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucketpolicy.html */
export function bucketPolicyResource(store: BucketStore): ResourceHandler {
  const find = (name: string): Bucket => {
    const bucket = store.bucket(name);
    if (bucket === undefined) throw noSuchBucket(name);
    return bucket;
  };
  return {
    type: 'AWS::S3::BucketPolicy',
    replaceOn: ['Bucket'],

    async create({ properties }) {
      const { bucketName, policy } = read(properties);
      const bucket = find(bucketName);
      const existing = bucket.config.policy;
      if (existing !== undefined && existing !== policy) {
        throw new AwsError('AlreadyExists', `The bucket policy already exists on bucket ${bucketName}.`, 409);
      }
      checkPolicy(policy, bucketName);
      bucket.configure({ policy });
      return { physicalId: bucketName, attributes: {} };
    },

    async update({ physicalId, properties }) {
      const { policy } = read(properties);
      checkPolicy(policy, physicalId);
      find(physicalId).configure({ policy });
      return { physicalId, attributes: {} };
    },

    actual(physicalId, properties) {
      const policy = store.bucket(physicalId)?.config.policy;
      if (policy === undefined) return undefined;
      return read(properties).policy === policy
        ? properties
        : { ...properties, PolicyDocument: JSON.parse(policy) };
    },

    async delete(physicalId) {
      store.bucket(physicalId)?.configure({ policy: undefined });
    },
  };
}

/** A policy is JSON, or a string that contains it. */
const policyText: Shape<string> = (value) => (typeof value === 'string' ? value : JSON.stringify(value));

const bucketPolicyProperties = structure({ Bucket: required(text()), PolicyDocument: required(policyText) });

function read(properties: JsonObject): { bucketName: string; policy: string } {
  const { Bucket, PolicyDocument } = readProperties(bucketPolicyProperties, properties);
  return { bucketName: Bucket, policy: PolicyDocument };
}
