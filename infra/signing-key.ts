import { AccountRootPrincipal, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnKey } from 'aws-cdk-lib/aws-kms';
import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { StackSigning } from './options.ts';

/** Tag of signing keys. Its value is the stack's name. The operator's policy allows signing with tagged keys. */
const TAG = 'edge-upload';

/** Days. KMS's minimum. */
const PENDING_WINDOW = 7;

/**
 * Creates the keys that sign upload links and keys. Private keys never leave KMS. A key that is removed from the stack
 * is scheduled for deletion, even with `retainData`: it is useless without its edge, and is billed.
 */
export function createSigningKeys(scope: Construct, { keys }: StackSigning): void {
  const [newest] = keys.map(({ id }) => createKey(scope, `SigningKey${id}`));
  if (newest !== undefined) new CfnOutput(scope, 'SigningKeyArn', { value: newest.attrArn });
}

function createKey(scope: Construct, id: string): CfnKey {
  const key = new CfnKey(scope, id, {
    description: 'edge-upload: signs upload links and keys',
    keySpec: 'ECC_NIST_EDWARDS25519',
    keyUsage: 'SIGN_VERIFY',
    pendingWindowInDays: PENDING_WINDOW,
    // IAM policies decide who can sign.
    // https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    keyPolicy: new PolicyDocument({
      statements: [
        new PolicyStatement({
          sid: 'IAM',
          principals: [new AccountRootPrincipal()],
          actions: ['kms:*'],
          resources: ['*'],
        }),
      ],
    }),
    tags: [{ key: TAG, value: Stack.of(scope).stackName }],
  });
  key.applyRemovalPolicy(RemovalPolicy.DESTROY);
  return key;
}
