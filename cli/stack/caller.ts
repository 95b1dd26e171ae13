import type { OperatorClients } from '../network/aws.ts';
import type { StackPlace } from '../settings/remains.ts';
import { onAws } from './aws-calls.ts';
import { unexpectedAwsResponse } from './aws-failures.ts';
import type { StackWork } from './find-stack.ts';

export interface Caller {
  readonly account: string;
  /** Of a user, an assumed role or the root user. */
  readonly arn: string;
}

const CHECKING = 'Checking the AWS credentials';

/** The clients of a command have the credentials of one caller. */
const callers = new WeakMap<OperatorClients, Caller>();

/** Returns whose credentials the command uses, from one request. @throws {UserError} `aws` for an answer without an account, such as a proxy's */
export async function callerIdentity({ clients }: Pick<StackWork, 'clients'>): Promise<Caller> {
  const known = callers.get(clients);
  if (known !== undefined) return known;
  const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
  const { Account, Arn } = await onAws(CHECKING, () => clients.sts.send(new GetCallerIdentityCommand({})));
  if (!Account || !Arn) throw unexpectedAwsResponse('STS', CHECKING, 'it names no account');
  const caller = { account: Account, arn: Arn };
  callers.set(clients, caller);
  return caller;
}

/** Names a caller for `doctor` and `deploy`, such as `account 123456789012, user/ada`. */
export function callerWords({ account, arn }: Caller): string {
  return `account ${account}, ${arn.split(':').slice(5).join(':')}`;
}

export function isRoot({ arn }: Caller): boolean {
  return arn.endsWith(':root');
}

/** Returns the user, or the role behind an assumed role's session. */
export async function principalOf({ clients }: StackWork, { arn }: Caller): Promise<string> {
  const role = /^arn:[\w-]+:sts::\d+:assumed-role\/([^/]+)\//.exec(arn)?.[1];
  if (role === undefined) return arn;
  const { GetRoleCommand } = await import('@aws-sdk/client-iam');
  const { Role } = await (await clients.iam()).send(new GetRoleCommand({ RoleName: role }));
  return Role?.Arn ?? arn;
}

/** Returns where the stack of this command is, for records that outlive it. */
export async function placeOf(work: StackWork): Promise<StackPlace> {
  const { stackName, local } = work;
  if (local !== undefined) return { stackName, local };
  return { stackName, account: (await callerIdentity(work)).account };
}

/**
 * Splits records into those of the stack of this command, and those of a stack of the same name in another AWS account.
 * There, AWS reports what the record names as missing, although it exists.
 */
export async function byAccount<T extends StackPlace>(
  work: StackWork,
  records: readonly T[],
): Promise<{ readonly own: readonly T[]; readonly others: readonly T[] }> {
  const named = records.filter(
    ({ stackName, local }) =>
      stackName === work.stackName && (local === undefined) === (work.local === undefined),
  );
  if (named.every((one) => one.account === undefined)) return { own: named, others: [] };
  const { account } = await callerIdentity(work);
  const isOwn = (one: T) => one.account === undefined || one.account === account;
  return { own: named.filter(isOwn), others: named.filter((one) => !isOwn(one)) };
}
