import { AwsError } from '../../wire/errors.ts';
import type { HttpResponse } from '../../wire/http.ts';
import { readText } from '../body/text.ts';
import type { BucketCall } from '../operation.ts';
import { checkPolicy } from '../policy/check.ts';
import { malformedPolicy } from '../policy/errors.ts';

export function getBucketPolicy({ bucket, bucketName }: BucketCall): HttpResponse {
  const { policy } = bucket.config;
  if (policy === undefined) {
    throw new AwsError('NoSuchBucketPolicy', 'The bucket policy does not exist', 404, {
      BucketName: bucketName,
    });
  }
  return { status: 200, headers: { 'content-type': 'application/json' }, body: policy };
}

export async function putBucketPolicy(call: BucketCall): Promise<HttpResponse> {
  const policy = await readText(call, {
    malformed: () => malformedPolicy("Policies must be valid JSON and the first byte must be '{'"),
  });
  checkPolicy(policy, call.bucketName);
  call.bucket.configure({ policy });
  return { status: 204 };
}

export function deleteBucketPolicy({ bucket }: BucketCall): HttpResponse {
  bucket.configure({ policy: undefined });
  return { status: 204 };
}
