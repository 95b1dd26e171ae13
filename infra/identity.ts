import {
  AccountRecovery,
  Mfa as CdkMfa,
  type CfnUserPool,
  ClientAttributes,
  FeaturePlan,
  UserPool,
  UserPoolClient,
} from 'aws-cdk-lib/aws-cognito';
import {
  BlockPublicAccess,
  Bucket,
  type CfnBucket,
  type IBucket,
  type LifecycleRule,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { CfnOutput, Duration, RemovalPolicy, Validations } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { omitUndefined } from '../protocol/fields.ts';
import { PASSWORD_POLICY } from '../protocol/sign-in.ts';
import { createFederation, federatedClient } from './federation.ts';
import { type CognitoTier, type Mfa, OPTIONS_METADATA, type StackOptions } from './options.ts';

/** Returns the deletion policy of bucket and user pool. Even with `retainData`, a rolled-back creation deletes both. */
function dataPolicy({ retainData = false }: StackOptions): RemovalPolicy {
  return retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
}

const TIERS: Readonly<Record<CognitoTier, FeaturePlan>> = {
  lite: FeaturePlan.LITE,
  essentials: FeaturePlan.ESSENTIALS,
};

const MFA: Readonly<Record<Mfa, CdkMfa>> = {
  off: CdkMfa.OFF,
  optional: CdkMfa.OPTIONAL,
  required: CdkMfa.REQUIRED,
};

/**
 * Creates the user pool, whose users only administrators can create. It is deleted with the stack unless `retainData`
 * is set; `destroy` warns of it.
 */
export function createUserPool(scope: Construct, options: StackOptions): UserPool {
  const { mfa = 'off', cognitoTier } = options;
  const pool = new UserPool(scope, 'UserPool', {
    selfSignUpEnabled: false,
    signInCaseSensitive: false,
    accountRecovery: AccountRecovery.EMAIL_ONLY,
    passwordPolicy: { ...PASSWORD_POLICY, tempPasswordValidity: Duration.days(7) },
    mfa: MFA[mfa],
    // Only authenticator apps: text messages cost money, and reach whoever has the phone number.
    ...(mfa === 'off' ? {} : { mfaSecondFactor: { sms: false, otp: true } }),
    ...(cognitoTier === undefined ? {} : { featurePlan: TIERS[cognitoTier] }),
    removalPolicy: dataPolicy(options),
  });
  const resource = pool.node.defaultChild as CfnUserPool;
  // CloudFormation ignores an update that changes only a deletion policy.
  if (options.retainData) resource.addMetadata(OPTIONS_METADATA, { retained: true });
  // Replaces the CDK's messages with Cognito's defaults, to keep the template small.
  for (const name of [
    'EmailVerificationMessage',
    'EmailVerificationSubject',
    'SmsVerificationMessage',
    'VerificationMessageTemplate',
  ]) {
    resource.addPropertyDeletionOverride(name);
  }
  Validations.of(pool).acknowledge({
    id: 'AwsSolutions-COG8',
    reason: 'The Plus tier has no free users and the highest price. It is an option.',
  });
  if (mfa !== 'required') {
    Validations.of(pool).acknowledge({
      id: 'AwsSolutions-COG2',
      reason: 'Unattended uploads cannot enter a code. It is an option.',
    });
  }
  new CfnOutput(scope, 'CognitoUserPoolId', { value: pool.userPoolId });
  return pool;
}

/**
 * Attributes that users can change themselves. The e-mail address for password resets is not one of them, because a
 * stolen token would then be enough to take over the account.
 */
const WRITABLE = new ClientAttributes().withStandardAttributes({
  fullname: true,
  givenName: true,
  familyName: true,
  locale: true,
  timezone: true,
});

/** Creates a public client: a secret inside a command-line tool is not secret. */
export function createUserPoolClient(
  scope: Construct,
  userPool: UserPool,
  options: StackOptions,
): UserPoolClient {
  const { tokenValidityMinutes = 60, idp, ...federated } = options;
  const provider = idp === undefined ? undefined : createFederation(scope, userPool, { ...federated, idp });
  const client = new UserPoolClient(scope, 'UserPoolClient', {
    userPool,
    generateSecret: false,
    authFlows: { userSrp: true, adminUserPassword: true },
    ...(provider === undefined ? { disableOAuth: true } : federatedClient()),
    preventUserExistenceErrors: true,
    enableTokenRevocation: true,
    // Cognito's maximum: a first sign-in includes choosing a new password.
    authSessionValidity: Duration.minutes(15),
    // Access tokens are verified offline, so they cannot be revoked before they expire.
    accessTokenValidity: Duration.minutes(tokenValidityMinutes),
    idTokenValidity: Duration.minutes(tokenValidityMinutes),
    refreshTokenValidity: Duration.days(30),
    // A refresh replaces the refresh token. A second command running at the same time has 60 seconds to read the new
    // one.
    refreshTokenRotationGracePeriod: Duration.seconds(60),
    writeAttributes: WRITABLE,
  });
  if (provider !== undefined) client.node.addDependency(provider);
  new CfnOutput(scope, 'CognitoAppClientId', { value: client.userPoolClientId });
  return client;
}

/**
 * Returns the bucket's lifecycle rules:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 */
function lifecycleRules({ expireAfterDays }: StackOptions): LifecycleRule[] {
  const rules: LifecycleRule[] = [{ abortIncompleteMultipartUploadAfter: Duration.days(7) }];
  if (expireAfterDays === undefined) return rules;
  const expiration = Duration.days(expireAfterDays);
  // In a bucket that is or was versioned, an expired object becomes a noncurrent version, and finally a delete marker.
  return [
    ...rules,
    { expiration, noncurrentVersionExpiration: expiration },
    { expiredObjectDeleteMarker: true },
  ];
}

/** Turns on EventBridge. Sets the property directly, because the CDK's option adds a Lambda function. */
function sendEvents(bucket: CfnBucket, { events, notify, scan }: StackOptions): void {
  if (!events && !scan && notify === undefined) return;
  bucket.notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
}

/**
 * Sets the encryption key. The bucket key avoids most requests to KMS:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
 */
function encrypt(bucket: CfnBucket, { kmsKeyArn }: StackOptions): void {
  if (kmsKeyArn === undefined) return;
  bucket.bucketEncryption = {
    serverSideEncryptionConfiguration: [
      {
        bucketKeyEnabled: true,
        serverSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: kmsKeyArn },
      },
    ],
  };
}

/**
 * Creates the bucket for uploads, with the deployment's options in its metadata. It is deleted with the stack unless
 * `retainData` is set. CloudFormation deletes only empty buckets, so `destroy` empties it first.
 */
export function createBucket(scope: Construct, options: StackOptions): IBucket {
  const { bucketName } = options;
  const bucket = new Bucket(scope, 'Bucket', {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    lifecycleRules: lifecycleRules(options),
    // CloudFormation imports only buckets that it is to retain.
    removalPolicy: dataPolicy({ retainData: options.retainData || bucketName !== undefined }),
    ...omitUndefined({ bucketName }),
  });
  const resource = bucket.node.defaultChild as CfnBucket;
  resource.addMetadata(OPTIONS_METADATA, { options });
  sendEvents(resource, options);
  encrypt(resource, options);
  // “Suspended” must be explicit: versioning can be suspended, but not removed.
  if (options.versioning !== undefined) {
    resource.versioningConfiguration = { status: options.versioning ? 'Enabled' : 'Suspended' };
  }
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason:
      'Access logs need a second bucket that outlives this one. Each object names its uploader instead.',
  });
  new CfnOutput(scope, 'S3BucketName', { value: bucket.bucketName });
  // The CDK's classes type optional members more widely than its interfaces. Other assertions in this folder have the
  // same reason.
  return bucket as IBucket;
}

/** Days until S3 deletes a log, which bounds their cost. */
const KEPT_FOR = 90;

/**
 * Creates the bucket for CloudFront's standard logs (legacy). Version 2 would need three more resources and is billed
 * by volume. The bucket accepts ACLs, because CloudFront grants itself access with one.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging-legacy-s3.html
 */
export function createLogBucket(scope: Construct, options: StackOptions): IBucket {
  const bucket = new Bucket(scope, 'LogBucket', {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_PREFERRED,
    lifecycleRules: [
      { expiration: Duration.days(KEPT_FOR), abortIncompleteMultipartUploadAfter: Duration.days(7) },
    ],
    removalPolicy: dataPolicy(options),
  });
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason: 'This is the bucket for access logs.',
  });
  return bucket as IBucket;
}
