import { omitUndefined } from '../../protocol/fields.ts';
import { command } from '../command-line.ts';
import type { Context, Result } from '../context.ts';
import { isUserError, UserError } from '../errors.ts';
import { callerIdentity } from '../stack/aws-calls.ts';
import { POLICY_LIMIT_CHARACTERS, policyDocument } from '../stack/policy/operator-policy.ts';
import { type OperatorTarget, openAws, targetOrDefault } from './operator.ts';

export interface PolicyArgs {
  /** Omits permissions that a deploy does not need. */
  readonly deployOnly?: boolean;
  /** A second policy, for options and commands that most deployments do not use. */
  readonly extras?: boolean;
  /** Account of the policy. Default: that of the credentials. */
  readonly account?: string;
  /** A bucket that is or will be adopted. */
  readonly bucketName?: string;
  readonly profile?: string;
}

/** Prints the IAM policy that an operator of the stack needs. */
export async function policy(context: Context, args: PolicyArgs): Promise<Result> {
  const target = await targetOrDefault(context);
  const { deployOnly = false, extras = false } = args;
  const document = policyDocument({
    account: await accountOf(context, target, args),
    stackName: target.stackName,
    deployOnly,
    extras,
    ...omitUndefined({ bucketName: args.bucketName ?? target.known?.bucket }),
  });
  const { length } = JSON.stringify(document);
  if (length > POLICY_LIMIT_CHARACTERS) {
    throw new UserError(
      'usage',
      `The policy for “${target.stackName}” has ${length} characters. IAM accepts ${POLICY_LIMIT_CHARACTERS}.`,
      {
        hint: [
          'Print the policy of an operator who only deploys:',
          command`edge-upload policy --deploy-only`,
        ],
      },
    );
  }
  return { document: { ...document }, text: JSON.stringify(document, undefined, 2).split('\n') };
}

async function accountOf(
  context: Context,
  { known, stackName }: OperatorTarget,
  { account, profile }: PolicyArgs,
): Promise<string> {
  if (account !== undefined) {
    if (/^\d{12}$/.test(account)) return account;
    throw new UserError(
      'usage',
      `Invalid value for --account: “${account}”. Use the 12 digits of an AWS account.`,
    );
  }
  if (known?.account !== undefined) return known.account;
  const work = await openAws(context, stackName, profile);
  try {
    return (await callerIdentity(work)).account;
  } catch (error) {
    if (!isUserError(error) || error.code === 'interrupted') throw error;
    throw new UserError(error.code, `The AWS account of the policy is not known. ${error.message}`, {
      hint: ['Name the account:', command`edge-upload policy --account <12 digits>`],
      cause: error,
    });
  } finally {
    work.clients.close();
  }
}
