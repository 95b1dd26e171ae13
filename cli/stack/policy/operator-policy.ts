/** One statement of the policy that an operator needs. */
export interface OperatorStatement {
  readonly sid: string;
  readonly actions: readonly string[];
  /** Patterns of ARNs with the placeholders `<account>` and `<stack>`. */
  readonly resources: readonly string[];
  /** `deploy` does without it. */
  readonly beyondDeploy?: true;
}

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
      'cognito-idp:DeleteGroup',
      'cognito-idp:DescribeUserPool',
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
    resources: [FUNCTION, 'arn:aws:lambda:*:<account>:function:<stack>-*'],
  },
  {
    sid: 'EdgeLogs',
    actions: ['logs:DeleteLogGroup', 'logs:FilterLogEvents', 'logs:PutRetentionPolicy'],
    resources: ['arn:aws:logs:*:<account>:log-group:/aws/lambda/us-east-1.<stack>-*'],
  },
  {
    sid: 'SelfCheck',
    actions: ['iam:GetRole', 'iam:SimulatePrincipalPolicy', 'lambda:GetAccountSettings'],
    resources: ['*'],
  },
  {
    sid: 'MakeBucket',
    actions: [
      's3:CreateBucket',
      's3:DeleteBucket',
      's3:DeleteBucketPolicy',
      's3:GetBucket*',
      's3:GetEncryptionConfiguration',
      's3:GetLifecycleConfiguration',
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
      'lambda:GetFunction',
      'lambda:GetFunctionCodeSigningConfig',
      'lambda:GetFunctionConfiguration',
      'lambda:GetFunctionRecursionConfig',
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

export interface PolicyScope {
  readonly account: string;
  readonly stackName: string;
  /** Leaves out what `destroy`, `ls`, `get` and `user` need beyond `deploy`. */
  readonly deployOnly?: boolean;
  /** A bucket whose name does not begin with the stack's. */
  readonly bucketName?: string;
}

/** Bucket names are lower case, whatever the stack's. */
function fill(pattern: string, { account, stackName, bucketName }: PolicyScope): string[] {
  const isS3 = pattern.startsWith('arn:aws:s3:::');
  const name = isS3 ? stackName.toLowerCase() : stackName;
  const filled = pattern.replaceAll('<account>', account).replaceAll('<stack>', name);
  if (!isS3 || bucketName === undefined || bucketName.startsWith(`${name}-`)) return [filled];
  return [filled, pattern.replace('<stack>-*', bucketName)];
}

/** Returns the statements of the policy for one account and stack. */
export function operatorPolicy(scope: PolicyScope): OperatorStatement[] {
  return OPERATOR_POLICY.filter(({ beyondDeploy }) => !(scope.deployOnly && beyondDeploy)).map(
    (statement) => ({
      ...statement,
      resources: statement.resources.flatMap((pattern) => fill(pattern, scope)),
    }),
  );
}

interface PolicyDocument {
  readonly Version: string;
  readonly Statement: {
    readonly Sid: string;
    readonly Effect: string;
    readonly Action: string[];
    readonly Resource: string[];
  }[];
}

/** IAM's limit for a managed policy, without white space: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const POLICY_LIMIT_CHARACTERS = 6144;

/** Returns the policy as IAM takes it. */
export function policyDocument(scope: PolicyScope): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: operatorPolicy(scope).map(({ sid, actions, resources }) => ({
      Sid: sid,
      Effect: 'Allow',
      Action: [...actions],
      Resource: [...resources],
    })),
  };
}
