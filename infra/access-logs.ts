import { BlockPublicAccess, Bucket, type IBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Duration, Validations } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { dataPolicy } from './identity.ts';
import type { StackOptions } from './options.ts';

/** Days until S3 deletes a log, which bounds their cost. */
const KEPT_FOR = 90;

/**
 * Creates the bucket for CloudFront's standard logs (legacy). Version 2 would need three more resources and is billed
 * by volume. The bucket accepts ACLs, because CloudFront grants itself access with one.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging-legacy-s3.html
 */
export function createLogBucket(scope: Construct, options: StackOptions): IBucket {
  const bucket = new Bucket(scope, 'LogBucket', {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_PREFERRED,
    lifecycleRules: [
      { expiration: Duration.days(KEPT_FOR), abortIncompleteMultipartUploadAfter: Duration.days(7) },
    ],
    removalPolicy: dataPolicy(options),
  });
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason: 'This is the bucket for access logs.',
  });
  return bucket as IBucket;
}
