import { REGION } from '../../account.ts';
import { AwsError } from '../../wire/errors.ts';
import type { HttpResponse } from '../../wire/http.ts';
import { readText } from '../body/text.ts';
import { malformedXml, notImplemented } from '../errors.ts';
import { lifecycleRules } from '../lifecycle.ts';
import { checkBucketName } from '../names.ts';
import { type BucketRequest, type OperationRequest, shownTime, xmlResponse } from '../operation.ts';
import { checkPolicy, notJson } from '../policy.ts';
import { childText, OWNER, once, parseXml, repeated } from '../xml.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html */
export function listBuckets({ store }: OperationRequest): HttpResponse {
  const buckets = store.names().flatMap((name) => {
    const bucket = store.bucket(name);
    return bucket === undefined ? [] : [{ Name: name, CreationDate: shownTime(bucket.config.created) }];
  });
  return xmlResponse('ListAllMyBucketsResult', { Owner: OWNER, Buckets: { Bucket: buckets } });
}

/**
 * In us-east-1, creating a bucket again succeeds for its owner:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
 */
export async function createBucket(call: OperationRequest): Promise<HttpResponse> {
  const { store, bucketName } = call;
  const text = await readText(call);
  checkBucketName(bucketName);
  if (text !== '') checkConfiguration(text);
  if (store.bucket(bucketName) === undefined) store.create(bucketName, {});
  return { status: 200, headers: { location: `/${bucketName}` } };
}

const CREATION = {
  LocationConstraint: once(),
  Bucket: once({ DataRedundancy: once(), Type: once() }),
  Location: once({ Name: once(), Type: once() }),
  Tags: once({ Tag: repeated({ Key: once(), Value: once() }, 50) }),
};

function checkConfiguration(text: string): void {
  const configuration = parseXml(text, 'CreateBucketConfiguration', CREATION);
  const location = childText(configuration, 'LocationConstraint');
  const other = ['Bucket', 'Location', 'Tags'].find((name) => configuration[name] !== undefined);
  if (other !== undefined) throw notImplemented(`${other} in CreateBucket`);
  if (location === undefined) return;
  throw new AwsError('InvalidLocationConstraint', 'The specified location-constraint is not valid', 400, {
    LocationConstraint: location,
  });
}

export function deleteBucket({ store, bucket, bucketName }: BucketRequest): HttpResponse {
  if (!bucket.isEmpty) throw bucketNotEmpty(bucketName);
  store.remove(bucketName);
  return { status: 204 };
}

const bucketNotEmpty = (bucket: string) =>
  new AwsError('BucketNotEmpty', 'The bucket you tried to delete is not empty', 409, {
    BucketName: bucket,
  });

export function headBucket(): HttpResponse {
  return { status: 200, headers: { 'x-amz-bucket-region': REGION, 'content-type': 'application/xml' } };
}

/** An empty constraint means us-east-1: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html */
export function getBucketLocation(): HttpResponse {
  return xmlResponse('LocationConstraint', {});
}

export function getBucketVersioning({ bucket }: BucketRequest): HttpResponse {
  return xmlResponse('VersioningConfiguration', { Status: bucket.config.versioning });
}

export async function putBucketVersioning(call: BucketRequest): Promise<HttpResponse> {
  const configuration = parseXml(await readText(call), 'VersioningConfiguration', {
    MfaDelete: once(),
    Status: once(),
  });
  if (configuration.MfaDelete !== undefined) throw notImplemented('MfaDelete');
  const status = childText(configuration, 'Status');
  if (status !== 'Enabled' && status !== 'Suspended') throw malformedXml();
  call.bucket.configure({ versioning: status });
  return { status: 200 };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLifecycleConfiguration.html */
export function getBucketLifecycle({ bucket, bucketName }: BucketRequest): HttpResponse {
  const rules = lifecycleRules(bucket);
  if (rules.length === 0) {
    throw new AwsError('NoSuchLifecycleConfiguration', 'The lifecycle configuration does not exist', 404, {
      BucketName: bucketName,
    });
  }
  return xmlResponse('LifecycleConfiguration', {
    Rule: rules.map((rule, at) => ({
      // S3 generates ids for rules without one.
      ID: rule.id ?? `rule-${at + 1}`,
      Filter: { Prefix: rule.prefix },
      Status: rule.enabled ? 'Enabled' : 'Disabled',
      Expiration:
        rule.expiration === undefined && !rule.expiredObjectDeleteMarker
          ? undefined
          : {
              Days: rule.expiration,
              ExpiredObjectDeleteMarker: rule.expiredObjectDeleteMarker ? true : undefined,
            },
      NoncurrentVersionExpiration: rule.noncurrent && {
        NoncurrentDays: rule.noncurrent.days,
        NewerNoncurrentVersions: rule.noncurrent.keep > 0 ? rule.noncurrent.keep : undefined,
      },
      AbortIncompleteMultipartUpload:
        rule.abortIncomplete === undefined ? undefined : { DaysAfterInitiation: rule.abortIncomplete },
    })),
  });
}

/** S3 encrypts every bucket with its own keys: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html */
export function getBucketEncryption(): HttpResponse {
  return xmlResponse('ServerSideEncryptionConfiguration', {
    Rule: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false }],
  });
}

/** Returns an operation that removes a part of a bucket's configuration. */
function removing(name: string): (call: BucketRequest) => HttpResponse {
  return ({ bucket }) => {
    const { [name]: _, ...properties } = bucket.config.properties ?? {};
    bucket.configure({ properties });
    return { status: 204 };
  };
}

export const deleteBucketLifecycle = removing('LifecycleConfiguration');
export const deleteBucketOwnershipControls = removing('OwnershipControls');
export const deletePublicAccessBlock = removing('PublicAccessBlockConfiguration');

export function getBucketPolicy({ bucket, bucketName }: BucketRequest): HttpResponse {
  const { policy } = bucket.config;
  if (policy === undefined) {
    throw new AwsError('NoSuchBucketPolicy', 'The bucket policy does not exist', 404, {
      BucketName: bucketName,
    });
  }
  return { status: 200, headers: { 'content-type': 'application/json' }, body: policy };
}

export async function putBucketPolicy(call: BucketRequest): Promise<HttpResponse> {
  const policy = await readText(call, { malformed: notJson });
  checkPolicy(policy, call.bucketName);
  call.bucket.configure({ policy });
  return { status: 204 };
}

export function deleteBucketPolicy({ bucket }: BucketRequest): HttpResponse {
  bucket.configure({ policy: undefined });
  return { status: 204 };
}
