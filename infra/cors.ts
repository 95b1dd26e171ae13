import { type CfnResponseHeadersPolicy, ResponseHeadersPolicy } from 'aws-cdk-lib/aws-cloudfront';
import { Duration, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { OBJECT_HEADER_PREFIXES, OBJECT_HEADERS } from '../protocol/request-headers.ts';

/**
 * Returns the headers that a page's script is allowed to send: all that the edge accepts. In CloudFront, a wildcard does
 * not include `Authorization`.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html
 */
function allowedHeaders(): string[] {
  return ['authorization', ...OBJECT_HEADERS, ...OBJECT_HEADER_PREFIXES.map((prefix) => `${prefix}*`)];
}

/** Headers that a page's script is allowed to read: S3's checksums, and the headers of a refusal. */
const EXPOSED = [
  'Allow',
  'Retry-After',
  'WWW-Authenticate',
  'ETag',
  'x-amz-version-id',
  'x-amz-checksum-type',
  'x-amz-checksum-crc32',
  'x-amz-checksum-crc32c',
  'x-amz-checksum-crc64nvme',
  'x-amz-checksum-sha1',
  'x-amz-checksum-sha256',
];

/**
 * Creates the policy that adds CORS headers to S3's responses. The function adds them to its own responses, preflights
 * included: CloudFront documents the policy only for responses from the cache and the origin. With `override`, a header
 * is never sent twice.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/modifying-response-headers.html
 */
export function createCorsPolicy(scope: Construct, origins: readonly string[]): ResponseHeadersPolicy {
  const policy = new ResponseHeadersPolicy(scope, 'Cors', {
    comment: 'edge-upload: CORS headers for pages that upload',
    corsBehavior: {
      accessControlAllowOrigins: [...origins],
      accessControlAllowMethods: ['GET', 'PUT', 'POST', 'DELETE'],
      accessControlAllowHeaders: allowedHeaders(),
      accessControlExposeHeaders: EXPOSED,
      accessControlAllowCredentials: false,
      accessControlMaxAge: Duration.minutes(10),
      originOverride: true,
    },
  });
  // The name must be unique in the account and have at most 128 characters. A stack name is both.
  (policy.node.defaultChild as CfnResponseHeadersPolicy).addPropertyOverride(
    'ResponseHeadersPolicyConfig.Name',
    Stack.of(scope).stackName,
  );
  return policy;
}
