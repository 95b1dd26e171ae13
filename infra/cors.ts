import { type CfnResponseHeadersPolicy, ResponseHeadersPolicy } from 'aws-cdk-lib/aws-cloudfront';
import { Duration, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { OBJECT_HEADER_PREFIXES, OBJECT_HEADERS } from '../protocol/request-headers.ts';

/**
 * Headers that a page's script is allowed to send: every header that the edge accepts. In CloudFront, a wildcard does not
 * cover `Authorization`.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html
 */
const ALLOWED = ['authorization', ...OBJECT_HEADERS, ...OBJECT_HEADER_PREFIXES.map((prefix) => `${prefix}*`)];

/** Headers that a page's script can read: checksums of S3, and the headers of a refusal. */
const EXPOSED = [
  'Allow',
  'Retry-After',
  'WWW-Authenticate',
  'ETag',
  'x-amz-version-id',
  'x-amz-checksum-type',
  ...['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256'].map((algorithm) => `x-amz-checksum-${algorithm}`),
];

/**
 * CORS headers of S3's answers. The function sets those of the edge's own answers, preflights included, because CloudFront
 * documents policies only for responses from its cache and from the origin. With override, both readings give one set.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/modifying-response-headers.html
 */
export function createCorsPolicy(scope: Construct, origins: readonly string[]): ResponseHeadersPolicy {
  const policy = new ResponseHeadersPolicy(scope, 'Cors', {
    comment: 'edge-upload: pages that may upload',
    corsBehavior: {
      accessControlAllowOrigins: [...origins],
      accessControlAllowMethods: ['GET', 'PUT', 'POST', 'DELETE'],
      accessControlAllowHeaders: ALLOWED,
      accessControlExposeHeaders: EXPOSED,
      accessControlAllowCredentials: false,
      accessControlMaxAge: Duration.minutes(10),
      originOverride: true,
    },
  });
  // Names are unique in the account and have at most 128 characters, as stack names do.
  (policy.node.defaultChild as CfnResponseHeadersPolicy).addPropertyOverride(
    'ResponseHeadersPolicyConfig.Name',
    Stack.of(scope).stackName,
  );
  return policy;
}
