import { accessDenied } from '../errors.ts';
import { malformedPolicy } from './errors.ts';
import { parsePolicy, type Statement } from './parse.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html */
const MAX_POLICY_BYTES = 20 * 1024;

/** Condition keys that, with fixed values, keep a statement for everyone from being public. */
const RESTRICTING = ['aws:sourcearn', 'aws:sourceaccount', 'aws:principalaccount'];

/**
 * Refuses what S3 would not take as a bucket's policy.
 *
 * @throws AwsError `MalformedPolicy`, or `AccessDenied` for a public policy: Block Public Access is on for every bucket,
 * as it is for new ones on AWS
 */
export function checkPolicy(text: string, bucket: string): void {
  if (Buffer.byteLength(text) > MAX_POLICY_BYTES) {
    throw malformedPolicy('Policy exceeds the maximum allowed document size.');
  }
  if (parsePolicy(text, bucket).some(isPublic)) throw accessDenied();
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status */
function isPublic({ effect, principals, conditions }: Statement): boolean {
  const forEveryone = principals.of.some(({ kind }) => kind === 'everyone');
  const restricted = conditions.some(
    ({ operator, ifExists, key, values }) =>
      RESTRICTING.includes(key) &&
      !ifExists &&
      ['StringEquals', 'StringLike', 'ArnEquals', 'ArnLike'].includes(operator) &&
      values.every((value) => !/[*?]/.test(value)),
  );
  return effect === 'Allow' && forEveryone && !restricted;
}
