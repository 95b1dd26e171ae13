import type { KeyMetadata } from '@aws-sdk/client-kms';
import { command } from '../command-line.ts';
import { STACK_REGION } from '../network/aws.ts';
import type { StackWork } from './find-stack.ts';

/** Returns KMS's description of a key. Throws the SDK's errors, whose meaning depends on the purpose of the key. */
export async function describeKey({ clients }: StackWork, KeyId: string): Promise<KeyMetadata | undefined> {
  const { DescribeKeyCommand } = await import('@aws-sdk/client-kms');
  const kms = await clients.kms();
  return (await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata;
}

const enable = (keyId: string) => command`aws kms enable-key --key-id ${keyId} --region ${STACK_REGION}`;

/** States of a key that an operator can end, with the commands that do. */
export const REPAIRS = {
  Disabled: { why: 'is disabled', commands: (keyId: string) => [enable(keyId)] },
  PendingDeletion: {
    why: 'is scheduled for deletion',
    commands: (keyId: string) => [
      command`aws kms cancel-key-deletion --key-id ${keyId} --region ${STACK_REGION}`,
      enable(keyId),
    ],
  },
} as const;
