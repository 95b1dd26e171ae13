import type { OperatorStatement } from './operator-statements.ts';

/** Commands. */
const LINKS = ['link', 'key'];
const KEY = 'arn:aws:kms:us-east-1:<account>:key/*';

/** Signing keys have this spec and a tag with the stack's name: see infra/signing-key.ts. */
const SIGNING_SPEC = { 'kms:KeySpec': 'ECC_NIST_EDWARDS25519' };
const TAGGED_SO = { 'aws:RequestTag/edge-upload': '<stack>' };
const OF_THE_STACK = { StringEquals: { 'aws:ResourceTag/edge-upload': '<stack>', ...SIGNING_SPEC } };

/**
 * The statements of `policy --extras`. They make a second policy, since the first nearly has the size that IAM accepts.
 * Those that begin with `Make` are what CloudFormation calls with the operator's permissions.
 */
export const EXTRA_STATEMENTS: readonly OperatorStatement[] = [
  {
    sid: 'MakeFederation',
    neededBy: ['--idp'],
    actions: [
      'cognito-idp:CreateIdentityProvider',
      'cognito-idp:CreateUserPoolDomain',
      'cognito-idp:DeleteIdentityProvider',
      'cognito-idp:DeleteUserPoolDomain',
      'cognito-idp:DescribeIdentityProvider',
      'cognito-idp:DescribeUserPoolDomain',
      'cognito-idp:UpdateIdentityProvider',
    ],
    // IAM knows no resource of DescribeUserPoolDomain.
    resources: ['*'],
  },
  {
    // CloudFormation reads it with the operator's permissions.
    sid: 'ReadSecret',
    neededBy: ['--idp-secret'],
    actions: ['secretsmanager:GetSecretValue'],
    resources: ['arn:aws:secretsmanager:us-east-1:<account>:secret:*'],
  },
  {
    sid: 'MakeEvents',
    neededBy: ['--events', '--notify', '--scan'],
    actions: ['s3:PutBucketNotification'],
    resources: ['arn:aws:s3:::<stack>-*'],
  },
  {
    sid: 'MakeNoticeTopic',
    neededBy: ['--notify'],
    actions: [
      'sns:CreateTopic',
      'sns:DeleteTopic',
      'sns:GetDataProtectionPolicy',
      'sns:GetSubscriptionAttributes',
      'sns:GetTopicAttributes',
      'sns:ListSubscriptionsByTopic',
      'sns:ListTagsForResource',
      'sns:SetTopicAttributes',
      'sns:Subscribe',
      'sns:TagResource',
      'sns:Unsubscribe',
      'sns:UntagResource',
    ],
    resources: ['arn:aws:sns:us-east-1:<account>:<stack>-*'],
  },
  {
    sid: 'MakeNoticeRule',
    neededBy: ['--notify'],
    actions: [
      'events:DeleteRule',
      'events:DescribeRule',
      'events:ListTagsForResource',
      'events:ListTargetsByRule',
      'events:PutRule',
      'events:PutTargets',
      'events:RemoveTargets',
      'events:TagResource',
      'events:UntagResource',
    ],
    resources: ['arn:aws:events:us-east-1:<account>:rule/<stack>-*'],
  },
  {
    // IAM knows no resource of its only action.
    sid: 'MakeScan',
    neededBy: ['--scan'],
    actions: ['guardduty:CreateMalwareProtectionPlan'],
    resources: ['*'],
  },
  {
    sid: 'MakeScanPlan',
    neededBy: ['--scan'],
    actions: [
      'guardduty:DeleteMalwareProtectionPlan',
      'guardduty:GetMalwareProtectionPlan',
      'guardduty:TagResource',
      'guardduty:UntagResource',
      'guardduty:UpdateMalwareProtectionPlan',
    ],
    resources: ['arn:aws:guardduty:us-east-1:<account>:malware-protection-plan/*'],
  },
  {
    // For `get`, and for large templates, which are uploaded to the bucket.
    sid: 'UseKey',
    neededBy: ['--kms-key'],
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: [KEY],
  },
  {
    // `deploy` checks the key of `--kms-key`, too.
    sid: 'ReadKey',
    neededBy: [...LINKS, '--kms-key'],
    actions: ['kms:DescribeKey', 'kms:GetPublicKey'],
    resources: [KEY],
  },
  {
    // Who has it can write any key of the deployment.
    sid: 'Sign',
    neededBy: LINKS,
    beyondDeploy: true,
    actions: ['kms:Sign'],
    resources: [KEY],
    condition: OF_THE_STACK,
  },
  {
    sid: 'Ledger',
    neededBy: LINKS,
    beyondDeploy: true,
    actions: ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'],
    resources: ['arn:aws:s3:::<stack>-*/.well-known/edge-upload/tokens/*'],
  },
  {
    // IAM knows no resource of its only action.
    sid: 'MakeSigningKey',
    neededBy: LINKS,
    actions: ['kms:CreateKey'],
    resources: ['*'],
    condition: { StringEquals: { ...TAGGED_SO, ...SIGNING_SPEC } },
  },
  {
    // A key has no tag yet while it is created: https://docs.aws.amazon.com/kms/latest/developerguide/tag-permissions.html
    sid: 'MakeSigningKeyTag',
    neededBy: LINKS,
    actions: ['kms:TagResource'],
    resources: [KEY],
    condition: { StringEquals: TAGGED_SO },
  },
  {
    // KMS may take five minutes to honour the tag of a new key, which is read before.
    sid: 'MakeSigningKeyRead',
    neededBy: LINKS,
    actions: ['kms:GetKeyPolicy', 'kms:GetKeyRotationStatus', 'kms:ListResourceTags'],
    resources: [KEY],
    condition: { StringEquals: SIGNING_SPEC },
  },
  {
    // The operator calls the first two to repair a key.
    sid: 'MakeSigningKeyChange',
    neededBy: LINKS,
    actions: [
      'kms:CancelKeyDeletion',
      'kms:EnableKey',
      'kms:PutKeyPolicy',
      'kms:ScheduleKeyDeletion',
      'kms:TagResource',
      'kms:UntagResource',
      'kms:UpdateKeyDescription',
    ],
    resources: [KEY],
    condition: OF_THE_STACK,
  },
];

/** Whether only the second policy contains an action. */
export function isExtra({ action }: { readonly action: string }): boolean {
  return EXTRA_STATEMENTS.some(({ actions }) => actions.includes(action));
}
