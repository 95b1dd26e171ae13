import { randomBytes } from 'node:crypto';
import { ACCOUNT_ID, REGION } from '../../../account.ts';
import type { Identities } from '../../../auth/identities.ts';
import { sign } from '../../../auth/sigv4.ts';
import type { OriginRequest } from './origin-request.ts';

/** Signs a request for `host`, so that S3 accepts it as this distribution's. */
export type OriginSigner = (request: OriginRequest, host: string, now: Date) => OriginRequest;

/**
 * Registers the distribution as `cloudfront.amazonaws.com` with its own ARN, which bucket policies see, and signs with
 * a key that only this process knows. Like origin access control, the signature does not cover the body. It covers the
 * query as received: if characters such as `!'()*` are not encoded, S3 answers SignatureDoesNotMatch.
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
    // Signed for the origin's host. If a policy forwards the viewer's Host, S3 rejects the signature, as on AWS.
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
