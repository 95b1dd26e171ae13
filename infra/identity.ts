import { AccountRecovery, UserPool, UserPoolClient } from 'aws-cdk-lib/aws-cognito';
import { BlockPublicAccess, Bucket, type IBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { CfnOutput, Duration, RemovalPolicy, Validations } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';

/** Users whom an administrator invites; nobody signs up. Goes with the stack: `destroy` says so beforehand. */
export function createUserPool(scope: Construct): UserPool {
  const pool = new UserPool(scope, 'UserPool', {
    selfSignUpEnabled: false,
    signInCaseSensitive: false,
    accountRecovery: AccountRecovery.EMAIL_ONLY,
    passwordPolicy: {
      minLength: 12,
      requireDigits: true,
      requireLowercase: true,
      requireUppercase: true,
      requireSymbols: true,
      tempPasswordValidity: Duration.days(7),
    },
    removalPolicy: RemovalPolicy.DESTROY,
  });
  Validations.of(pool).acknowledge(
    {
      id: 'AwsSolutions-COG2',
      reason: 'Uploads run unattended too, where nobody can type a code. An operator may turn MFA on.',
    },
    {
      id: 'AwsSolutions-COG8',
      reason: 'The Plus tier has no free users and costs the most; it is the operator’s choice to pay for.',
    },
  );
  new CfnOutput(scope, 'CognitoUserPoolId', { value: pool.userPoolId });
  return pool;
}

/** A public client: whoever has the command line has all that it has, so a secret would be none. */
export function createUserPoolClient(scope: Construct, userPool: UserPool): UserPoolClient {
  const client = new UserPoolClient(scope, 'UserPoolClient', {
    userPool,
    generateSecret: false,
    authFlows: { userSrp: true, adminUserPassword: true },
    disableOAuth: true,
    preventUserExistenceErrors: true,
    enableTokenRevocation: true,
    // The longest there is: choosing a new password at a first sign-in takes its time.
    authSessionValidity: Duration.minutes(15),
    // An access token is verified offline and cannot be recalled before it ends.
    accessTokenValidity: Duration.minutes(60),
    idTokenValidity: Duration.minutes(60),
    refreshTokenValidity: Duration.days(30),
  });
  new CfnOutput(scope, 'CognitoAppClientId', { value: client.userPoolClientId });
  return client;
}

/** Where uploads are kept. Goes with the stack, which CloudFormation does once it is empty; `destroy` empties it. */
export function createBucket(scope: Construct): IBucket {
  const bucket = new Bucket(scope, 'Bucket', {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(7) }],
    removalPolicy: RemovalPolicy.DESTROY,
  });
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason:
      'Access logs need a second bucket that outlives this one; each object names its uploader instead.',
  });
  new CfnOutput(scope, 'S3BucketName', { value: bucket.bucketName });
  // The CDK's classes declare optional members wider than its interfaces do, here and where else a type is asserted.
  return bucket as IBucket;
}
