import { omitUndefined } from '../../protocol/fields.ts';
import { ACCOUNT_ID, arnOf } from '../account.ts';
import type { JsonObject } from '../json.ts';
import { generatedName, type ResourceHandler } from '../resource.ts';
import { AwsError } from '../wire/errors.ts';
import { deniedMessage, type Permissions } from './permissions.ts';

/** The calls that CloudFormation makes for a resource with its caller's permissions. */
interface Calls {
  readonly create: readonly string[];
  readonly update: readonly string[];
  readonly delete: readonly string[];
  /** Calls of a create or update, if this property is present. */
  readonly withProperty?: Readonly<Record<string, readonly string[]>>;
  /** The property with the name of the resource. Absent: policies know it as `*`. */
  readonly named?: { readonly by: string; readonly arn: (name: string) => string };
}

const bucketArn = (name: string) => `arn:aws:s3:::${name.toLowerCase()}`;
const functionArn = (name: string) => arnOf('lambda', `function:${name}`);

const lifeOf = (service: string, noun: string): Calls => ({
  create: [`${service}:Create${noun}`],
  update: [`${service}:Update${noun}`],
  delete: [`${service}:Delete${noun}`],
});

/**
 * The calls that change a resource, by type, as the handlers in the type's schema list them.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-type-schemas.html
 */
const CALLS: Readonly<Record<string, Calls>> = {
  'AWS::S3::Bucket': {
    create: ['s3:CreateBucket'],
    update: [],
    delete: ['s3:DeleteBucket'],
    withProperty: {
      BucketEncryption: ['s3:PutEncryptionConfiguration'],
      LifecycleConfiguration: ['s3:PutLifecycleConfiguration'],
      NotificationConfiguration: ['s3:PutBucketNotification'],
      OwnershipControls: ['s3:PutBucketOwnershipControls'],
      PublicAccessBlockConfiguration: ['s3:PutBucketPublicAccessBlock'],
      Tags: ['s3:PutBucketTagging'],
      VersioningConfiguration: ['s3:PutBucketVersioning'],
    },
    named: { by: 'BucketName', arn: bucketArn },
  },
  'AWS::S3::BucketPolicy': {
    create: ['s3:PutBucketPolicy'],
    update: ['s3:PutBucketPolicy'],
    delete: ['s3:DeleteBucketPolicy'],
    named: { by: 'Bucket', arn: bucketArn },
  },
  'AWS::Cognito::UserPool': {
    ...lifeOf('cognito-idp', 'UserPool'),
    withProperty: { MfaConfiguration: ['cognito-idp:SetUserPoolMfaConfig'] },
  },
  'AWS::Cognito::UserPoolClient': lifeOf('cognito-idp', 'UserPoolClient'),
  'AWS::Cognito::UserPoolDomain': lifeOf('cognito-idp', 'UserPoolDomain'),
  'AWS::Cognito::UserPoolIdentityProvider': lifeOf('cognito-idp', 'IdentityProvider'),
  'AWS::IAM::Role': {
    create: ['iam:CreateRole'],
    update: ['iam:UpdateAssumeRolePolicy'],
    delete: ['iam:DeleteRole'],
    withProperty: { Policies: ['iam:PutRolePolicy'], Tags: ['iam:TagRole'] },
    named: { by: 'RoleName', arn: (name) => `arn:aws:iam::${ACCOUNT_ID}:role/${name}` },
  },
  'AWS::Lambda::Function': {
    create: ['lambda:CreateFunction'],
    update: ['lambda:UpdateFunctionCode', 'lambda:UpdateFunctionConfiguration'],
    delete: ['lambda:DeleteFunction'],
    withProperty: { Tags: ['lambda:TagResource'] },
    named: { by: 'FunctionName', arn: functionArn },
  },
  'AWS::Lambda::Version': {
    create: ['lambda:PublishVersion'],
    update: [],
    delete: ['lambda:DeleteFunction'],
    named: { by: 'FunctionName', arn: functionArn },
  },
  'AWS::CloudFront::Distribution': {
    create: ['cloudfront:CreateDistribution'],
    update: ['cloudfront:UpdateDistribution'],
    delete: ['cloudfront:UpdateDistribution', 'cloudfront:DeleteDistribution'],
    withProperty: { Tags: ['cloudfront:TagResource'] },
  },
  'AWS::CloudFront::OriginAccessControl': lifeOf('cloudfront', 'OriginAccessControl'),
  'AWS::CloudFront::ResponseHeadersPolicy': lifeOf('cloudfront', 'ResponseHeadersPolicy'),
  'AWS::Events::Rule': {
    create: ['events:PutRule', 'events:PutTargets'],
    update: ['events:PutRule', 'events:PutTargets'],
    delete: ['events:RemoveTargets', 'events:DeleteRule'],
    named: { by: 'Name', arn: (name) => arnOf('events', `rule/${name}`) },
  },
  'AWS::GuardDuty::MalwareProtectionPlan': {
    ...lifeOf('guardduty', 'MalwareProtectionPlan'),
    named: {
      by: 'MalwareProtectionPlanId',
      arn: (name) => arnOf('guardduty', `malware-protection-plan/${name}`),
    },
  },
  'AWS::SNS::Subscription': {
    create: ['sns:Subscribe'],
    update: [],
    delete: ['sns:Unsubscribe'],
    named: { by: 'TopicArn', arn: (name) => name },
  },
  'AWS::SNS::Topic': {
    create: ['sns:CreateTopic'],
    update: ['sns:SetTopicAttributes'],
    delete: ['sns:DeleteTopic'],
    named: { by: 'TopicName', arn: (name) => arnOf('sns', name) },
  },
};

/** Longer than any generated name, so that the stack's name is not truncated. */
const NAME_LENGTH = 64;

/**
 * Checks IAM before CloudFormation creates, changes or deletes a resource with its caller's permissions. Read calls,
 * and types without an entry in `CALLS`, are not checked.
 */
export function withPermissionChecks(handler: ResourceHandler, permissions: Permissions): ResourceHandler {
  const calls = CALLS[handler.type];
  if (calls === undefined) return handler;
  const refuse = (actions: readonly string[], properties: JsonObject, generated: string) => {
    const given = calls.named && properties[calls.named.by];
    const name = typeof given === 'string' ? given : generated;
    // The physical id of a topic, and references to a function, are already ARNs.
    const resource = name.startsWith('arn:') && calls.named ? name : (calls.named?.arn(name) ?? '*');
    const denied = actions.find((action) => permissions.denies(action, () => ({ resource })));
    if (denied === undefined) return;
    throw new AwsError(
      'AccessDenied',
      deniedMessage(permissions, denied, () => ({ resource })),
      403,
    );
  };
  const ofProperties = (properties: JsonObject) =>
    Object.entries(calls.withProperty ?? {}).flatMap(([name, actions]) =>
      properties[name] === undefined ? [] : actions,
    );
  return {
    type: handler.type,
    replaceOn: handler.replaceOn,
    ...omitUndefined({ existing: handler.existing?.bind(handler), actual: handler.actual?.bind(handler) }),
    async create(request) {
      const { properties } = request;
      refuse([...calls.create, ...ofProperties(properties)], properties, generatedName(request, NAME_LENGTH));
      return handler.create(request);
    },
    async update(request) {
      const { properties, physicalId } = request;
      refuse([...calls.update, ...ofProperties(properties)], properties, physicalId);
      return handler.update(request);
    },
    async delete(physicalId, properties) {
      refuse(calls.delete, properties, physicalId);
      return handler.delete(physicalId, properties);
    },
  };
}
