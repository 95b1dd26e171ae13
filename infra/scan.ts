import { CfnMalwareProtectionPlan } from 'aws-cdk-lib/aws-guardduty';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { CfnBucket, IBucket } from 'aws-cdk-lib/aws-s3';
import { Stack, Validations } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { StackOptions } from './options.ts';

const GUARDDUTY = 'malware-protection-plan.guardduty.amazonaws.com';

/** Object that GuardDuty writes to test its permissions. */
const VALIDATION_OBJECT = 'malware-protection-resource-validation-object';

function allow(
  actions: readonly string[],
  resources: readonly string[],
  conditions: Record<string, Record<string, string>> = {},
): PolicyStatement {
  return new PolicyStatement({ actions: [...actions], resources: [...resources], conditions });
}

/**
 * Returns the permissions that GuardDuty requires:
 * https://docs.aws.amazon.com/guardduty/latest/ug/malware-protection-s3-iam-policy-prerequisite.html
 */
function permissions(scope: Construct, bucket: IBucket, { kmsKeyArn }: StackOptions): PolicyStatement[] {
  const { partition, region, account } = Stack.of(scope);
  const rule = `arn:${partition}:events:${region}:${account}:rule/DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3*`;
  const objects = bucket.arnForObjects('*');
  return [
    allow(['events:DeleteRule', 'events:PutRule', 'events:PutTargets', 'events:RemoveTargets'], [rule], {
      StringLike: { 'events:ManagedBy': GUARDDUTY },
    }),
    allow(['events:DescribeRule', 'events:ListTargetsByRule'], [rule]),
    allow(
      [
        's3:GetObjectTagging',
        's3:GetObjectVersionTagging',
        's3:PutObjectTagging',
        's3:PutObjectVersionTagging',
      ],
      [objects],
    ),
    allow(['s3:GetBucketNotification', 's3:PutBucketNotification'], [bucket.bucketArn]),
    allow(['s3:PutObject'], [bucket.arnForObjects(VALIDATION_OBJECT)]),
    allow(['s3:ListBucket'], [bucket.bucketArn]),
    allow(['s3:GetObject', 's3:GetObjectVersion'], [objects]),
    ...(kmsKeyArn === undefined
      ? []
      : [
          allow(['kms:Decrypt', 'kms:GenerateDataKey'], [kmsKeyArn], {
            StringLike: { 'kms:ViaService': `s3.${region}.amazonaws.com` },
          }),
        ]),
  ];
}

/** Gives the reasons for wildcards to cdk-nag. */
function acknowledge(scope: Construct, role: Role, bucket: IBucket): void {
  const bucketId = Stack.of(scope).getLogicalId(bucket.node.defaultChild as CfnBucket);
  Validations.of(role).acknowledge(
    {
      id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:events:us-east-1:<AWS::AccountId>:rule/DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3*]`,
      reason: 'GuardDuty generates the name of its rule.',
    },
    {
      id: `AwsSolutions-IAM5[Resource::<${bucketId}.Arn>/*]`,
      reason: 'GuardDuty reads and tags every uploaded object.',
    },
  );
}

/** Adds a GuardDuty scan of each uploaded object. GuardDuty tags the object with the result. */
export function createScan(scope: Construct, bucket: IBucket, options: StackOptions): void {
  const role = new Role(scope, 'ScanRole', {
    assumedBy: new ServicePrincipal(GUARDDUTY),
    inlinePolicies: { Scan: new PolicyDocument({ statements: permissions(scope, bucket, options) }) },
  });
  acknowledge(scope, role, bucket);
  new CfnMalwareProtectionPlan(scope, 'ScanPlan', {
    role: role.roleArn,
    protectedResource: { s3Bucket: { bucketName: bucket.bucketName } },
    actions: { tagging: { status: 'ENABLED' } },
  });
}
