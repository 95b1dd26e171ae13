/** One statement of the policy that an operator needs. */
export interface OperatorStatement {
  readonly sid: string;
  readonly actions: readonly string[];
  /** Patterns of ARNs with the placeholders `<account>` and `<stack>`. */
  readonly resources: readonly string[];
  /** By operator and key, with the same placeholders. */
  readonly condition?: PolicyCondition;
  /** `deploy` does without it. */
  readonly beyondDeploy?: true;
  /** The options of `deploy` and the commands that need it, where most deployments do without. */
  readonly neededBy?: readonly string[];
}

/** A condition of IAM: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html */
export type PolicyCondition = Readonly<Record<'StringEquals', Readonly<Record<string, string>>>>;

const FUNCTION = 'arn:aws:lambda:us-east-1:<account>:function:<stack>-*';
const POOL = 'arn:aws:cognito-idp:us-east-1:<account>:userpool/*';

/**
 * All that an operator's commands call. The statements from `Stack` to `SelfCheck` are calls of the commands themselves,
 * which the tests record and compare. Those that begin with `Make` and `Replicate` are what CloudFormation calls with the
 * operator's permissions, from the handlers of the resource types; only a live account can show that they are complete.
 */
export const OPERATOR_POLICY: readonly OperatorStatement[] = [
  {
    sid: 'Stack',
    actions: [
      'cloudformation:ContinueUpdateRollback',
      'cloudformation:CreateChangeSet',
      'cloudformation:DeleteChangeSet',
      'cloudformation:DeleteStack',
      'cloudformation:DescribeChangeSet',
      'cloudformation:DescribeStackEvents',
      'cloudformation:DescribeStacks',
      'cloudformation:ExecuteChangeSet',
      'cloudformation:GetStackPolicy',
      'cloudformation:GetTemplate',
      'cloudformation:ListStackResources',
      'cloudformation:RollbackStack',
      'cloudformation:TagResource',
      'cloudformation:UntagResource',
    ],
    resources: ['arn:aws:cloudformation:us-east-1:<account>:stack/<stack>/*'],
  },
  {
    // CloudFormation checks the first permission itself, and with `DetectStack*` that for single resources:
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
    sid: 'Drift',
    beyondDeploy: true,
    actions: [
      'cloudformation:BatchDescribeTypeConfigurations',
      'cloudformation:DescribeStackDriftDetectionStatus',
      'cloudformation:DescribeStackResourceDrifts',
      'cloudformation:DetectStack*',
    ],
    resources: ['*'],
  },
  {
    // Large templates: CloudFormation reads them with the operator's permissions.
    sid: 'Template',
    actions: ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:GetObject', 's3:PutObject'],
    resources: ['arn:aws:s3:::<stack>-*/.well-known/edge-upload/template/*'],
  },
  {
    sid: 'Objects',
    beyondDeploy: true,
    actions: [
      's3:AbortMultipartUpload',
      's3:DeleteObject',
      's3:DeleteObjectVersion',
      's3:ListBucket',
      's3:ListBucketMultipartUploads',
      's3:ListBucketVersions',
    ],
    resources: ['arn:aws:s3:::<stack>-*', 'arn:aws:s3:::<stack>-*/*'],
  },
  {
    sid: 'ReadObjects',
    beyondDeploy: true,
    actions: ['s3:GetObject', 's3:GetObjectVersion'],
    resources: ['arn:aws:s3:::<stack>-*/*'],
  },
  {
    sid: 'Users',
    beyondDeploy: true,
    actions: [
      'cognito-idp:AdminAddUserToGroup',
      'cognito-idp:AdminCreateUser',
      'cognito-idp:AdminDeleteUser',
      'cognito-idp:AdminDisableUser',
      'cognito-idp:AdminEnableUser',
      'cognito-idp:AdminGetUser',
      'cognito-idp:AdminListGroupsForUser',
      'cognito-idp:AdminRemoveUserFromGroup',
      'cognito-idp:AdminResetUserPassword',
      'cognito-idp:AdminSetUserMFAPreference',
      'cognito-idp:AdminSetUserPassword',
      'cognito-idp:AdminUserGlobalSignOut',
      'cognito-idp:CreateGroup',
      'cognito-idp:GetGroup',
      'cognito-idp:ListGroups',
      'cognito-idp:ListUsers',
      'cognito-idp:ListUsersInGroup',
    ],
    resources: [POOL],
  },
  {
    sid: 'EdgeFunction',
    actions: ['lambda:DeleteFunction', 'lambda:GetFunction'],
    resources: ['arn:aws:lambda:*:<account>:function:<stack>-*'],
  },
  {
    sid: 'EdgeLogs',
    actions: ['logs:DeleteLogGroup', 'logs:FilterLogEvents', 'logs:PutRetentionPolicy'],
    resources: ['arn:aws:logs:*:<account>:log-group:/aws/lambda/us-east-1.<stack>-*'],
  },
  {
    sid: 'SelfCheck',
    actions: [
      'iam:GetRole',
      'iam:SimulatePrincipalPolicy',
      'lambda:GetAccountSettings',
      'logs:DescribeLogGroups',
    ],
    resources: ['*'],
  },
  {
    sid: 'MakeBucket',
    actions: [
      's3:CreateBucket',
      's3:DeleteBucket',
      's3:DeleteBucketPolicy',
      's3:Get*Configuration',
      's3:GetBucket*',
      's3:ListBucket',
      's3:ListTagsForResource',
      's3:PutBucketAcl',
      's3:PutBucketOwnershipControls',
      's3:PutBucketPolicy',
      's3:PutBucketPublicAccessBlock',
      's3:PutBucketTagging',
      's3:PutBucketVersioning',
      's3:PutEncryptionConfiguration',
      's3:PutLifecycleConfiguration',
      's3:TagResource',
      's3:UntagResource',
    ],
    resources: ['arn:aws:s3:::<stack>-*'],
  },
  {
    sid: 'MakeUserPool',
    actions: [
      'cognito-idp:CreateUserPool',
      'cognito-idp:CreateUserPoolClient',
      'cognito-idp:DeleteUserPool',
      'cognito-idp:DeleteUserPoolClient',
      'cognito-idp:DescribeUserPool',
      'cognito-idp:DescribeUserPoolClient',
      'cognito-idp:GetUserPoolMfaConfig',
      'cognito-idp:ListTagsForResource',
      'cognito-idp:SetUserPoolMfaConfig',
      'cognito-idp:TagResource',
      'cognito-idp:UntagResource',
      'cognito-idp:UpdateUserPool',
      'cognito-idp:UpdateUserPoolClient',
    ],
    resources: ['*'],
  },
  {
    sid: 'MakeEdgeFunction',
    actions: [
      'lambda:CreateFunction',
      'lambda:DisableReplication*',
      'lambda:EnableReplication*',
      'lambda:GetFunction*',
      'lambda:GetProvisionedConcurrencyConfig',
      'lambda:GetRuntimeManagementConfig',
      'lambda:ListTags',
      'lambda:ListVersionsByFunction',
      'lambda:PublishVersion',
      'lambda:TagResource',
      'lambda:UntagResource',
      'lambda:UpdateFunctionCode',
      'lambda:UpdateFunctionConfiguration',
    ],
    resources: [FUNCTION],
  },
  {
    sid: 'MakeRole',
    actions: [
      'iam:CreateRole',
      'iam:DeleteRole',
      'iam:DeleteRolePolicy',
      'iam:GetRolePolicy',
      'iam:ListAttachedRolePolicies',
      'iam:ListRolePolicies',
      'iam:PassRole',
      'iam:PutRolePolicy',
      'iam:TagRole',
      'iam:UntagRole',
      'iam:UpdateAssumeRolePolicy',
      'iam:UpdateRole',
    ],
    resources: ['arn:aws:iam::<account>:role/<stack>-*'],
  },
  {
    sid: 'ReplicateEdgeFunction',
    actions: ['iam:CreateServiceLinkedRole'],
    resources: [
      'arn:aws:iam::<account>:role/aws-service-role/replicator.lambda.amazonaws.com/*',
      'arn:aws:iam::<account>:role/aws-service-role/logger.cloudfront.amazonaws.com/*',
    ],
  },
  {
    sid: 'MakeDistribution',
    actions: [
      'acm:DescribeCertificate',
      'cloudfront:CreateDistribution',
      'cloudfront:CreateOriginAccessControl',
      'cloudfront:CreateResponseHeadersPolicy',
      'cloudfront:DeleteDistribution',
      'cloudfront:DeleteOriginAccessControl',
      'cloudfront:DeleteResponseHeadersPolicy',
      'cloudfront:GetDistribution',
      'cloudfront:GetDistributionConfig',
      'cloudfront:GetOriginAccessControl',
      'cloudfront:GetOriginAccessControlConfig',
      'cloudfront:GetResponseHeadersPolicy',
      'cloudfront:ListTagsForResource',
      'cloudfront:TagResource',
      'cloudfront:UntagResource',
      'cloudfront:UpdateDistribution',
      'cloudfront:UpdateOriginAccessControl',
      'cloudfront:UpdateResponseHeadersPolicy',
      'wafv2:GetWebACL',
    ],
    resources: ['*'],
  },
];
