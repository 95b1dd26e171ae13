import type { Stack } from '@aws-sdk/client-cloudformation';
import { omitUndefined } from '../../protocol/omit-undefined.ts';
import { onAws, unexpectedAnswer } from './aws-failures.ts';
import type { StackWork } from './stack-work.ts';

/** Names of the stack's outputs. Stacks of the pattern that this tool replaces have the first four. */
export const OUTPUT = {
  userPoolId: 'CognitoUserPoolId',
  clientId: 'CognitoAppClientId',
  bucket: 'S3BucketName',
  domain: 'CloudFrontDistributionUrl',
  edgeFunction: 'EdgeFunctionName',
  signingKey: 'SigningKeyArn',
} as const;

export type StackOutputs = Readonly<Partial<Record<keyof typeof OUTPUT, string>>>;

export interface FoundStack {
  readonly id: string;
  readonly status: string;
  /** CloudFormation's reason for the status, if it gives one. */
  readonly reason?: string;
  /** Absent for a stack that is only being planned. */
  readonly description?: string;
  /** Whether the last drift detection found changes made outside CloudFormation. */
  readonly drifted: boolean;
  /** Whether CloudFormation refuses to delete it. */
  readonly isProtected: boolean;
  /** The role that CloudFormation uses. If absent, it uses the permissions of the caller. */
  readonly roleArn?: string;
  /** Of the last operation. */
  readonly changedAt?: Date;
  readonly outputs: StackOutputs;
}

/** Whether a stack was created, and its last operation left it whole. */
export function isWhole({ status }: FoundStack): boolean {
  return /^(CREATE|UPDATE|UPDATE_ROLLBACK|IMPORT|IMPORT_ROLLBACK)_COMPLETE$/.test(status);
}

function found(stack: Stack): FoundStack {
  const value = (name: string) => stack.Outputs?.find(({ OutputKey }) => OutputKey === name)?.OutputValue;
  const outputs = Object.fromEntries(Object.entries(OUTPUT).map(([key, name]) => [key, value(name)]));
  const changedAt = stack.LastUpdatedTime ?? stack.CreationTime;
  return {
    id: stack.StackId ?? '',
    status: stack.StackStatus ?? 'UNKNOWN',
    ...omitUndefined({ reason: stack.StackStatusReason, description: stack.Description }),
    drifted: stack.DriftInformation?.StackDriftStatus === 'DRIFTED',
    isProtected: stack.EnableTerminationProtection === true,
    ...omitUndefined({ roleArn: stack.RoleARN, changedAt }),
    outputs: outputs as StackOutputs,
  };
}

/** CloudFormation has no error code for a missing stack. */
function isMissing(error: unknown): boolean {
  return (
    error instanceof Error && error.name === 'ValidationError' && error.message.includes('does not exist')
  );
}

/** Returns the stack by its name or id; `undefined` if there is none. A deleted stack is found by its id. */
export async function findStack(
  { clients, stackName }: StackWork,
  id = stackName,
): Promise<FoundStack | undefined> {
  const { DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
  const doing = `Looking up the stack “${stackName}”`;
  return onAws(doing, async () => {
    try {
      const { Stacks } = await clients.cloudformation.send(new DescribeStacksCommand({ StackName: id }));
      // CloudFormation reports a missing stack as an error, never as an empty list.
      if (!Stacks?.[0]?.StackName || !Stacks[0].StackStatus)
        throw unexpectedAnswer('CloudFormation', doing, 'it describes no stack');
      return found(Stacks[0]);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  });
}
