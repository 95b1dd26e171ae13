import { onAws } from '../aws-failures.ts';
import type { StackWork } from '../stack-work.ts';

/** How many users the pool has. Cognito itself calls its figure an estimate. */
export async function countUsers({ clients }: StackWork, userPoolId: string): Promise<number> {
  const { DescribeUserPoolCommand } = await import('@aws-sdk/client-cognito-identity-provider');
  const { UserPool } = await onAws('Looking up the user pool', () =>
    clients.cognito.send(new DescribeUserPoolCommand({ UserPoolId: userPoolId })),
  );
  return UserPool?.EstimatedNumberOfUsers ?? 0;
}
