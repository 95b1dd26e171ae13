import type { TestContext } from 'node:test';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { CognitoIdentityProvider } from '@aws-sdk/client-cognito-identity-provider';
import { KMS } from '@aws-sdk/client-kms';
import { S3 } from '@aws-sdk/client-s3';
import { clientConfig, type LocalStatus } from './harness.ts';

/** Returns SDK clients of the embedded cloud, for changes outside edge-upload. They are closed after the test. */
export function awsClients(t: Pick<TestContext, 'after'>, cloud: LocalStatus) {
  const config = clientConfig(cloud);
  const clients = {
    cloudformation: new CloudFormation(config),
    cognito: new CognitoIdentityProvider(config),
    kms: new KMS(config),
    s3: new S3({ ...config, forcePathStyle: true }),
  };
  t.after(() => {
    for (const client of Object.values(clients)) client.destroy();
  });
  return clients;
}

export type AwsClients = ReturnType<typeof awsClients>;
