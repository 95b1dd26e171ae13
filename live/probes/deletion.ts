import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { REGION } from '../account.ts';
import type { Probe } from '../probe.ts';

/** Ends the ARN of no stack, as in cli/stack/checks/removal.ts. */
const NO_SUCH_ID = '00000000-0000-0000-0000-000000000000';

/** Requests a deletion. Returns the code of the refusal, `null` if CloudFormation accepts it. */
async function refusal(client: CloudFormationClient, StackName: string): Promise<string | null> {
  try {
    await client.send(new DeleteStackCommand({ StackName }));
    return null;
  } catch (error) {
    return error instanceof Error ? error.name : 'unknown';
  }
}

/**
 * Probe of the deletion that `destroy` tries before it empties the bucket. It runs last: if the claim is wrong, the stack
 * is deleted.
 */
export const DELETION: readonly Probe[] = [
  {
    name: 'deletion-of-an-unknown-id',
    changes: true,
    claim:
      'CloudFormation checks the permission to delete a stack before it looks for the stack, and an unknown id deletes nothing.',
    expected: { denied: 'AccessDenied', allowed: true, kept: true },
    async look({ stackName, credentials }) {
      const own = new CloudFormationClient({ region: REGION });
      const operators = new CloudFormationClient({ region: REGION, credentials });
      try {
        const described = async () => {
          const { Stacks: [stack] = [] } = await own.send(
            new DescribeStacksCommand({ StackName: stackName }),
          );
          return stack;
        };
        const id = (await described())?.StackId ?? '';
        const unknown = id.replace(/[^/]*$/, NO_SUCH_ID);
        // The operator's policy allows deletions of this stack's name alone.
        const denied = await refusal(operators, unknown.replace(`/${stackName}/`, `/${stackName}-x/`));
        const allowed = await refusal(operators, unknown);
        const after = await described();
        return {
          denied,
          // AWS does not document whether an unknown id is an error.
          allowed: allowed === null || allowed === 'ValidationError',
          kept: after?.StackId === id && !after.StackStatus?.startsWith('DELETE'),
        };
      } finally {
        own.destroy();
        operators.destroy();
      }
    },
  },
];
