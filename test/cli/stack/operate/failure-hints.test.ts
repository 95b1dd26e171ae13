import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InUse } from '../../../../cli/command-line.ts';
import { failureHint } from '../../../../cli/stack/operate/failure-hints.ts';

/** Reasons that AWS and its users report, each with the hint for the operator. */
const REASONS: readonly (readonly [reason: string, hint: RegExp])[] = [
  [
    'Lambda was unable to delete arn:aws:lambda:us-east-1:1:function:x:1 because it is a replicated function.',
    /replicas of the function/,
  ],
  ['User: arn:aws:iam::1:user/u is not authorized to perform: iam:CreateRole on resource: x', /permission/],
  [
    'User is not authorized to perform: lambda:EnableReplication with an explicit deny in a service control policy',
    /regions of its replicas/,
  ],
  [
    'Access denied for operation: Your account must be verified before you can add new CloudFront resources.',
    /AWS Support/,
  ],
  [
    'The request was rejected because provided IAM role does not have the required permissions to validate S3 bucket ownership.',
    /GuardDuty can need some minutes/,
  ],
  ['One or more of the CNAMEs you provided are already associated with a different resource.', /--domain/],
  ['The specified SSL certificate doesn’t exist, isn’t in us-east-1 region', /in us-east-1, and cover/],
  [
    'A version for this Lambda function exists ( 1 ). Modify the function to create a new version.',
    /--max-size/,
  ],
  ['TooManyDistributions: You have reached the limit', /Service Quotas/],
  ['Rate exceeded (Service: AmazonCloudFront; Error Code: Throttling)', /a few minutes/],
  ['The bucket you tried to delete is not empty.', /uploaded while/],
  [
    'The user pool cannot be deleted because deletion protection is activated.',
    /Turn off its deletion protection/,
  ],
  ['edge-upload-x already exists in stack arn:aws:cloudformation:…', /--stack-name/],
];

const textOf = (reason: string) => new InUse().lines(failureHint(reason) ?? 'none').join('\n');

test('adds hints to common failures', () => {
  for (const [reason, hint] of REASONS) assert.match(textOf(reason), hint, reason);
});

test('shows an unknown reason unchanged', () => {
  assert.equal(failureHint('Something that nobody has seen before'), undefined);
});
