import { omitUndefined } from '../../../protocol/fields.ts';
import { REGION } from '../../account.ts';
import type { CreateRequest, ResourceHandler, ResourceState } from '../../resource.ts';
import { AwsError } from '../../wire/errors.ts';
import { arnOf } from '../access.ts';
import { noSuchBucket } from '../errors.ts';
import { checkBucketName } from '../names.ts';
import type { BucketStore } from '../store/store.ts';
import { readBucketProperties } from './bucket-properties.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html */
export function bucketResource(store: BucketStore): ResourceHandler {
  return {
    type: 'AWS::S3::Bucket',
    replaceOn: ['BucketName'],

    async create(request) {
      const { properties, suffix } = request;
      const { BucketName, VersioningConfiguration } = readBucketProperties(properties);
      const name = BucketName ?? generatedBucketName(request);
      checkBucketName(name);
      const existing = store.bucket(name);
      if (existing !== undefined && existing.config.createdBy !== suffix) throw alreadyExists(name);
      if (existing === undefined) {
        const versioning = VersioningConfiguration?.Status;
        store.create(name, { properties, createdBy: suffix, ...omitUndefined({ versioning }) });
      }
      return stateOf(name);
    },

    existing({ BucketName: name }) {
      return typeof name === 'string' && store.bucket(name) !== undefined ? stateOf(name) : undefined;
    },

    async update({ physicalId, properties }) {
      const { VersioningConfiguration } = readBucketProperties(properties);
      const bucket = store.bucket(physicalId);
      if (bucket === undefined) throw noSuchBucket(physicalId);
      const before = bucket.config.versioning;
      const after = VersioningConfiguration?.Status ?? (before === undefined ? undefined : 'Suspended');
      bucket.configure({ properties, ...omitUndefined({ versioning: after }) });
      return stateOf(physicalId);
    },

    actual(physicalId, expected) {
      const config = store.bucket(physicalId)?.config;
      if (config === undefined) return undefined;
      const { VersioningConfiguration: _, ...properties } = config.properties ?? expected;
      const { versioning: Status } = config;
      return { ...properties, ...(Status !== undefined && { VersioningConfiguration: { Status } }) };
    },

    async delete(physicalId) {
      const bucket = store.bucket(physicalId);
      if (bucket === undefined) return;
      if (!bucket.isEmpty) throw notEmpty();
      store.remove(physicalId);
    },
  };
}

/** Returns the values of `Ref` and `Fn::GetAtt`. Host names are AWS's, as templates and CloudFront expect them. */
function stateOf(name: string): ResourceState {
  return {
    physicalId: name,
    attributes: {
      Arn: arnOf(name),
      DomainName: `${name}.s3.amazonaws.com`,
      RegionalDomainName: `${name}.s3.${REGION}.amazonaws.com`,
      DualStackDomainName: `${name}.s3.dualstack.${REGION}.amazonaws.com`,
      WebsiteURL: `http://${name}.s3-website-${REGION}.amazonaws.com`,
    },
  };
}

/** Returns a name as CloudFormation generates it, within the 63 characters of a bucket name. */
function generatedBucketName({ stackName, logicalId, suffix }: CreateRequest): string {
  return [stackName.slice(0, 24), logicalId.slice(0, 24), suffix.slice(0, 12)].join('-').toLowerCase();
}

const alreadyExists = (name: string) =>
  new AwsError('BucketAlreadyOwnedByYou', `${name} already exists`, 409, { BucketName: name });

const notEmpty = () =>
  new AwsError(
    'BucketNotEmpty',
    'The bucket you tried to delete is not empty (Service: S3, Status Code: 409)',
    409,
  );
