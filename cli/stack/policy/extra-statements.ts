import type { OperatorStatement } from './operator-statements.ts';

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
    resources: ['arn:aws:kms:us-east-1:<account>:key/*'],
  },
];
