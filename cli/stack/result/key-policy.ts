import type { JsonValue } from '../../json-value.ts';
import { type FoundStack, physicalIds, type StackWork, stackResources } from '../find-stack.ts';

/** What the policy of a KMS key needs for a deployment. */
export interface KeyPolicy {
  readonly statement: JsonValue;
  /** For people. */
  readonly lines: readonly string[];
}

/**
 * Returns the statement that allows CloudFront to encrypt uploads with the deployment's KMS key, and to read their parts.
 * `undefined` before there is a distribution.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
 */
export async function keyPolicyFor(
  work: StackWork,
  stack: FoundStack | undefined,
  kmsKeyArn: string,
): Promise<KeyPolicy | undefined> {
  if (stack === undefined || stack.status === 'REVIEW_IN_PROGRESS') return undefined;
  const [distribution] = physicalIds(await stackResources(work, stack.id), 'AWS::CloudFront::Distribution');
  if (distribution === undefined) return undefined;
  const account = kmsKeyArn.split(':')[4];
  const statement = {
    Sid: 'EdgeUpload',
    Effect: 'Allow',
    Principal: { Service: 'cloudfront.amazonaws.com' },
    Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    Resource: '*',
    Condition: {
      StringEquals: { 'AWS:SourceArn': `arn:aws:cloudfront::${account}:distribution/${distribution}` },
    },
  };
  return {
    statement,
    lines: [
      `Uploads fail until the policy of the key ${kmsKeyArn} has this statement:`,
      ...JSON.stringify(statement, undefined, 2)
        .split('\n')
        .map((line) => `  ${line}`),
    ],
  };
}
