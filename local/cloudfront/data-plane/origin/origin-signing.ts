import { randomBytes } from 'node:crypto';
import { ACCOUNT_ID, REGION } from '../../../account.ts';
import type { Identities } from '../../../auth/identities.ts';
import { sign } from '../../../auth/sigv4.ts';
import type { OriginRequest } from './origin-request.ts';

/** Adds to a request for `host` what proves to S3 that it comes from this distribution. */
export type OriginSigner = (request: OriginRequest, host: string, now: Date) => OriginRequest;

/**
 * Registers the distribution as `cloudfront.amazonaws.com` with its own ARN, which bucket policies see, and signs with
 * a key that this process alone knows. The body is not covered, as S3's origin access control leaves it. The query is
 * signed as it came: where characters such as `!'()*` are not encoded in it, S3 answers SignatureDoesNotMatch.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
 */
export function originSigner(distributionId: string, identities: Identities): OriginSigner {
  const accessKeyId = `ASIACLOUDFRONT${distributionId}`;
  const secret = randomBytes(32).toString('hex');
  identities.register(accessKeyId, {
    secret,
    principal: {
      kind: 'service',
      service: 'cloudfront.amazonaws.com',
      sourceArn: `arn:aws:cloudfront::${ACCOUNT_ID}:distribution/${distributionId}`,
      sourceAccount: ACCOUNT_ID,
    },
  });
  return (request, host, now) => {
    const { authorization: _viewers, ...headers } = request.headers;
    // Signed for the origin's own host: where a policy forwards the viewer's, S3 finds the signature wrong, as on AWS.
    const proof = sign(
      { ...request, headers: { ...headers, host } },
      {
        accessKeyId,
        secret,
        service: 's3',
        region: REGION,
        now,
        payloadHash: 'UNSIGNED-PAYLOAD',
        queryAs: 'sent',
      },
    );
    return { ...request, headers: { ...headers, ...proof } };
  };
}
