import type { Json, JsonObject } from '../../json.ts';
import type { ResourceHandler } from '../../resource.ts';
import { AwsError } from '../../wire/errors.ts';
import { noSuchBucket } from '../errors.ts';
import { checkPolicy } from '../policy/check.ts';
import type { Bucket } from '../store/bucket.ts';
import type { Store } from '../store/store.ts';

const PROPERTIES = ['Bucket', 'PolicyDocument'];

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucketpolicy.html */
export function bucketPolicyResource(store: Store): ResourceHandler {
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

    async delete(physicalId) {
      store.bucket(physicalId)?.configure({ policy: undefined });
    },
  };
}

function read(properties: JsonObject): { bucketName: string; policy: string } {
  const unknown = Object.keys(properties).find((name) => !PROPERTIES.includes(name));
  if (unknown !== undefined) {
    throw new AwsError('ValidationError', `Encountered unsupported property ${unknown}`);
  }
  const { Bucket: bucketName, PolicyDocument: document } = properties;
  if (typeof bucketName !== 'string') throw new AwsError('ValidationError', 'Bucket must be a string');
  if (document === undefined) throw new AwsError('ValidationError', 'PolicyDocument is required');
  return { bucketName, policy: policyText(document) };
}

/** A policy may also come as a string that holds its JSON. */
function policyText(document: Json): string {
  return typeof document === 'string' ? document : JSON.stringify(document);
}
