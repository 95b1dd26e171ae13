import { AwsError } from '../../wire/errors.ts';
import type { HttpResponse } from '../../wire/http.ts';
import { lifecycleRules } from '../lifecycle/rules.ts';
import { type BucketCall, xmlAnswer } from '../operation.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLifecycleConfiguration.html */
export function getBucketLifecycle({ bucket, bucketName }: BucketCall): HttpResponse {
  const rules = lifecycleRules(bucket.config.properties);
  if (rules.length === 0) {
    throw new AwsError('NoSuchLifecycleConfiguration', 'The lifecycle configuration does not exist', 404, {
      BucketName: bucketName,
    });
  }
  return xmlAnswer('LifecycleConfiguration', {
    Rule: rules.map((rule, at) => ({
      // S3 names a rule that was given no name.
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
