import type { StackPlace } from '../settings/stack-place.ts';
import { callerIdentity } from './checks/caller.ts';
import type { StackWork } from './stack-work.ts';

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
