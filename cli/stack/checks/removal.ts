import { UserError } from '../../errors.ts';
import { STACK_REGION } from '../../network/aws.ts';
import { shellWord } from '../../ui/shell-word.ts';
import { ifThere, onAws } from '../aws-failures.ts';
import type { FoundStack } from '../find-stack.ts';
import type { StackWork } from '../stack-work.ts';
import { refuseLockedBucket } from './bucket-removal.ts';

export function protectedStack({ stackName }: StackWork): UserError {
  return new UserError(
    'stack_protected',
    `The stack “${stackName}” has termination protection: CloudFormation does not delete it. Nothing was removed.`,
    {
      hint: [
        'Turn the protection off, then run the same command again:',
        `  aws cloudformation update-termination-protection --no-enable-termination-protection --region ${STACK_REGION} --stack-name ${stackName}`,
      ],
    },
  );
}

/** Refuses a user pool that Cognito would not delete. */
async function refuseProtectedPool({ clients }: StackWork, pool: string): Promise<void> {
  const { DescribeUserPoolCommand } = await import('@aws-sdk/client-cognito-identity-provider');
  const described = await ifThere(() =>
    onAws(`Looking up the user pool ${pool}`, () =>
      clients.cognito.send(new DescribeUserPoolCommand({ UserPoolId: pool })),
    ),
  );
  const { DeletionProtection, Domain, CustomDomain } = described?.UserPool ?? {};
  if (DeletionProtection === 'ACTIVE') {
    throw new UserError(
      'stack_protected',
      `The user pool ${pool} has deletion protection: Cognito does not delete it. Nothing was removed.`,
      {
        hint: [
          'Turn the protection off in the console, then run the same command again:',
          `  https://${STACK_REGION}.console.aws.amazon.com/cognito/v2/idp/user-pools/${pool}/settings?region=${STACK_REGION}`,
        ],
      },
    );
  }
  const domain = CustomDomain ?? Domain;
  if (domain === undefined) return;
  throw new UserError(
    'stack_protected',
    `The user pool ${pool} has the domain ${domain}: Cognito does not delete a pool with a domain. Nothing was removed.`,
    {
      hint: [
        'Delete the domain, then run the same command again:',
        `  aws cognito-idp delete-user-pool-domain --region ${STACK_REGION} --user-pool-id ${shellWord(pool)} --domain ${shellWord(domain)}`,
      ],
    },
  );
}

/** The data and resources of a stack to delete. */
export interface Doomed {
  readonly buckets: readonly string[];
  readonly pools: readonly string[];
}

/**
 * Refuses a deletion that AWS would refuse halfway. Only reads; permissions are checked by {@link refuseUnpermitted}, and
 * policies that cannot be read by the trial calls.
 * @throws {UserError} `stack_protected`
 */
export async function refuseProtected(
  work: StackWork,
  stack: Pick<FoundStack, 'isProtected'>,
  { buckets, pools }: Doomed,
): Promise<void> {
  if (stack.isProtected) throw protectedStack(work);
  for (const pool of pools) await refuseProtectedPool(work, pool);
  for (const bucket of buckets) await refuseLockedBucket(work, bucket);
}
