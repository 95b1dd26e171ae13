import { onAws } from '../aws-failures.ts';
import type { StackWork } from '../stack-work.ts';

/** Returns how many users the pool has. Cognito documents its number as an estimate. */
export async function countUsers({ clients }: StackWork, userPoolId: string): Promise<number> {
  const { DescribeUserPoolCommand } = await import('@aws-sdk/client-cognito-identity-provider');
  const { UserPool } = await onAws('Looking up the user pool', () =>
    clients.cognito.send(new DescribeUserPoolCommand({ UserPoolId: userPoolId })),
  );
  return UserPool?.EstimatedNumberOfUsers ?? 0;
}
