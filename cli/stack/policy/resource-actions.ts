import { table } from '../../../protocol/fields.ts';

/** What the ARN of a resource is made of. */
interface Named {
  readonly account: string;
  /** The physical id; for a resource that does not exist yet, one as CloudFormation generates it. */
  readonly id: string;
  /** Of the stack that the resource is a part of, if known. */
  readonly userPool: string | undefined;
  readonly edgeFunction: string | undefined;
  readonly topicArn: string | undefined;
}

type ByProperty = Readonly<Record<string, readonly string[]>>;

/** What CloudFormation calls to create, change and delete a resource. */
export interface ResourceActions {
  readonly create: readonly string[];
  /** Further calls of a creation, by the property that causes them. */
  readonly set?: ByProperty;
  /** Calls of an update, by changed property; `*` stands for each property but tags. */
  readonly change: ByProperty;
  readonly delete: readonly string[];
  /** Actions without a resource in IAM. */
  readonly global?: readonly string[];
  /** Returns the resource of all other actions; `undefined` if it is not known. */
  readonly arn: (named: Named) => string | undefined;
}

const BUCKET: ByProperty = {
  BucketEncryption: ['s3:PutEncryptionConfiguration'],
  LifecycleConfiguration: ['s3:PutLifecycleConfiguration'],
  NotificationConfiguration: ['s3:PutBucketNotification'],
  OwnershipControls: ['s3:PutBucketOwnershipControls'],
  PublicAccessBlockConfiguration: ['s3:PutBucketPublicAccessBlock'],
  VersioningConfiguration: ['s3:PutBucketVersioning'],
};

const MFA: ByProperty = { EnabledMfas: ['cognito-idp:SetUserPoolMfaConfig'] };

const bucketArn = ({ id }: Named) => `arn:aws:s3:::${id}`;
const functionArn = (account: string, name: string) => `arn:aws:lambda:us-east-1:${account}:function:${name}`;
const poolArn = (account: string, id: string) => `arn:aws:cognito-idp:us-east-1:${account}:userpool/${id}`;

/** @param id the name of a topic; or the topic's ARN, which is its physical id */
export const topicArn = (account: string, id: string) =>
  id.startsWith('arn:') ? id : `arn:aws:sns:us-east-1:${account}:${id}`;

/** Permissions for a part of the user pool are permissions on the pool. */
const ofPool = ({ account, userPool }: Named) => userPool && poolArn(account, userPool);

const ofCloudFront =
  (kind: string) =>
  ({ account, id }: Named) =>
    `arn:aws:cloudfront::${account}:${kind}/${id}`;

/** Returns the actions of a resource with one call each to create, change and delete it. */
const lifeOf = (service: string, noun: string): Pick<ResourceActions, 'create' | 'change' | 'delete'> => ({
  create: [`${service}:Create${noun}`],
  change: { '*': [`${service}:Update${noun}`] },
  delete: [`${service}:Delete${noun}`],
});

/**
 * The calls that CloudFormation certainly makes, from the handlers in the schemas of the resource types. Reading calls
 * and tags are not among them: whether a denied one fails is not documented.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-type-schemas.html
 */
export const RESOURCE_ACTIONS = table<ResourceActions>({
  'AWS::S3::Bucket': {
    create: ['s3:CreateBucket'],
    set: BUCKET,
    change: BUCKET,
    delete: ['s3:DeleteBucket'],
    arn: bucketArn,
  },
  'AWS::S3::BucketPolicy': {
    create: ['s3:PutBucketPolicy'],
    change: { '*': ['s3:PutBucketPolicy'] },
    delete: ['s3:DeleteBucketPolicy'],
    arn: bucketArn,
  },
  'AWS::Cognito::UserPool': {
    create: ['cognito-idp:CreateUserPool'],
    set: MFA,
    change: { '*': ['cognito-idp:UpdateUserPool'], ...MFA },
    delete: ['cognito-idp:DeleteUserPool'],
    global: ['cognito-idp:CreateUserPool'],
    arn: ({ account, id }) => poolArn(account, id),
  },
  'AWS::Cognito::UserPoolClient': { ...lifeOf('cognito-idp', 'UserPoolClient'), arn: ofPool },
  // No option changes a domain.
  'AWS::Cognito::UserPoolDomain': { ...lifeOf('cognito-idp', 'UserPoolDomain'), change: {}, arn: ofPool },
  'AWS::Cognito::UserPoolIdentityProvider': { ...lifeOf('cognito-idp', 'IdentityProvider'), arn: ofPool },
  'AWS::IAM::Role': {
    // Each role of the stack is passed to a service.
    create: ['iam:CreateRole', 'iam:PassRole'],
    set: { Policies: ['iam:PutRolePolicy'] },
    change: { AssumeRolePolicyDocument: ['iam:UpdateAssumeRolePolicy'], Policies: ['iam:PutRolePolicy'] },
    delete: ['iam:DeleteRolePolicy', 'iam:DeleteRole'],
    arn: ({ account, id }) => `arn:aws:iam::${account}:role/${id}`,
  },
  'AWS::Lambda::Function': {
    create: ['lambda:CreateFunction'],
    change: {
      Code: ['lambda:UpdateFunctionCode'],
      Description: ['lambda:UpdateFunctionConfiguration'],
      LoggingConfig: ['lambda:UpdateFunctionConfiguration'],
      MemorySize: ['lambda:UpdateFunctionConfiguration'],
      Runtime: ['lambda:UpdateFunctionConfiguration'],
      Timeout: ['lambda:UpdateFunctionConfiguration'],
    },
    delete: ['lambda:DeleteFunction'],
    arn: ({ account, id }) => functionArn(account, id),
  },
  'AWS::Lambda::Version': {
    create: ['lambda:PublishVersion'],
    // Versions do not change. `destroy` deletes them with their function.
    change: {},
    delete: [],
    arn: ({ account, edgeFunction }) => edgeFunction && functionArn(account, edgeFunction),
  },
  'AWS::CloudFront::Distribution': {
    ...lifeOf('cloudfront', 'Distribution'),
    // An enabled distribution is disabled first.
    delete: ['cloudfront:UpdateDistribution', 'cloudfront:DeleteDistribution'],
    arn: ofCloudFront('distribution'),
  },
  'AWS::CloudFront::OriginAccessControl': {
    ...lifeOf('cloudfront', 'OriginAccessControl'),
    arn: ofCloudFront('origin-access-control'),
  },
  'AWS::CloudFront::ResponseHeadersPolicy': {
    ...lifeOf('cloudfront', 'ResponseHeadersPolicy'),
    arn: ofCloudFront('response-headers-policy'),
  },
  'AWS::SNS::Topic': {
    create: ['sns:CreateTopic'],
    change: { '*': ['sns:SetTopicAttributes'] },
    delete: ['sns:DeleteTopic'],
    arn: ({ account, id }) => topicArn(account, id),
  },
  'AWS::SNS::TopicPolicy': {
    create: ['sns:SetTopicAttributes'],
    change: { '*': ['sns:SetTopicAttributes'] },
    delete: ['sns:SetTopicAttributes'],
    arn: ({ topicArn }) => topicArn,
  },
  // Each change is a new subscription.
  'AWS::SNS::Subscription': {
    create: ['sns:Subscribe'],
    change: {},
    delete: ['sns:Unsubscribe'],
    arn: ({ id, topicArn }) => (id.startsWith('arn:') ? id : topicArn),
  },
  'AWS::Events::Rule': {
    create: ['events:PutRule', 'events:PutTargets'],
    change: { '*': ['events:PutRule'], Targets: ['events:PutTargets'] },
    delete: ['events:RemoveTargets', 'events:DeleteRule'],
    arn: ({ account, id }) => `arn:aws:events:us-east-1:${account}:rule/${id}`,
  },
  'AWS::GuardDuty::MalwareProtectionPlan': {
    ...lifeOf('guardduty', 'MalwareProtectionPlan'),
    global: ['guardduty:CreateMalwareProtectionPlan'],
    arn: ({ account, id }) => `arn:aws:guardduty:us-east-1:${account}:malware-protection-plan/${id}`,
  },
  'AWS::KMS::Key': {
    create: ['kms:CreateKey'],
    change: { KeyPolicy: ['kms:PutKeyPolicy'], Description: ['kms:UpdateKeyDescription'] },
    delete: ['kms:ScheduleKeyDeletion'],
    global: ['kms:CreateKey'],
    arn: ({ account, id }) => `arn:aws:kms:us-east-1:${account}:key/${id}`,
  },
});
