import type { StackOptions } from '../../../infra/options.ts';
import { UserError } from '../../errors.ts';
import type { StackWork } from '../stack-work.ts';
import { callerIdentity } from './caller.ts';

/**
 * Refuses a KMS key of another account, whose policy the operator cannot change.
 * @throws {UserError} `usage`
 */
export async function refuseForeignKey(
  work: StackWork,
  { kmsKeyArn }: Pick<StackOptions, 'kmsKeyArn'>,
): Promise<void> {
  if (kmsKeyArn === undefined) return;
  const { account } = await callerIdentity(work);
  const owner = kmsKeyArn.split(':')[4];
  if (owner === account) return;
  throw new UserError(
    'usage',
    `The key ${kmsKeyArn} belongs to the account ${owner}. The deployment is in the account ${account}.`,
    {
      hint: ['List the keys of your account:', '  aws kms list-keys --region us-east-1'],
    },
  );
}
