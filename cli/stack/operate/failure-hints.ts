import { command, type Hint } from '../../command-line.ts';

/** Hints for known failures, by CloudFormation's message. The first match is shown. */
const HINTS: readonly (readonly [pattern: RegExp, hint: Hint])[] = [
  [
    /replicated function/i,
    'CloudFront still has replicas of the function. It deletes them within hours. Then run the same command again.',
  ],
  [
    /pricing plan|flat.?rate|subscribed to a plan|subscription/i,
    'The distribution has a flat-rate plan of CloudFront. Cancel the plan in the CloudFront console; once it ends, at the end of the billing period, run the same command again.',
  ],
  [
    /service control policy|explicit deny|region.*(disabled|not.*enabled)/i,
    'A policy of the AWS organization forbids it. Lambda@Edge needs us-east-1, and the regions of its replicas. Starter accounts do not have them.',
  ],
  [
    /account must be verified|AccessDenied.*CloudFront.*verified/i,
    'AWS wants to verify this account before it can use CloudFront. Open a case with AWS Support, then run the same command again.',
  ],
  [
    /not authorized to perform:? ([\w:*-]+)|is not authorized|AccessDenied|UnauthorizedTaggingOperation/i,
    [
      'Ask the administrator of the AWS account for that permission. To print all that an operator needs:',
      command`edge-upload policy`,
      command`edge-upload policy --extras`,
    ],
  ],
  [
    // https://docs.aws.amazon.com/guardduty/latest/ug/troubleshoot-malware-protection-s3-iam-role-permissions-error.html
    /provided IAM role does not have the required permissions/i,
    'GuardDuty can need some minutes to accept the new role of --scan. Then run the same command again.',
  ],
  [
    /CNAMEAlreadyExists|already associated with a different resource/i,
    'Another distribution has this domain: remove it there first, or choose another with --domain.',
  ],
  [
    /certificate/i,
    'The certificate must be issued, in us-east-1, and cover the domain: see AWS Certificate Manager.',
  ],
  [
    /web ?acl/i,
    'A web ACL for CloudFront has the scope CLOUDFRONT, in us-east-1. Check the one given with --web-acl-arn.',
  ],
  [
    /turn MFA functionality ON/i,
    'Cognito needs a separate call for --mfa required on this pool: aws cognito-idp set-user-pool-mfa-config, with the software token enabled. Then deploy again.',
  ],
  [
    /A version for this Lambda function exists/i,
    'A failed deployment left that version behind. It cannot be deleted while CloudFront may use it. Change a rule of the edge, such as --max-size, then deploy again: changed code is a new version.',
  ],
  [
    /LimitExceeded|TooMany|quota|limit .*(reached|exceeded)/i,
    'The account has reached a limit. Have it raised in Service Quotas, or remove what is no longer needed.',
  ],
  [
    /Rate exceeded|Throttl/i,
    'AWS throttled the requests for too long: run the same command again in a few minutes.',
  ],
  [/not empty/i, 'Something was uploaded while the bucket was deleted.'],
  [
    /deletion protection/i,
    'The user pool is protected. Turn off its deletion protection in the Cognito console, then destroy again.',
  ],
  [
    /already exists/i,
    'Something with that name already exists, perhaps in another stack. Choose another with --stack-name.',
  ],
];

/** Returns the hint for a resource's failure; `undefined` for an unknown reason. */
export function failureHint(reason: string): Hint | undefined {
  return HINTS.find(([pattern]) => pattern.test(reason))?.[1];
}
