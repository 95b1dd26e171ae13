import type { StackOptions } from '../../../infra/options.ts';
import { UserError } from '../../errors.ts';
import { asTask } from '../../ui/create.ts';
import { type AwsCaller, callerIdentity, callerWords } from '../aws-calls.ts';
import { type FoundStack, findStack, type StackWork, stackMissing } from '../find-stack.ts';
import { concurrencyCheck, regionsCheck } from './account-limits.ts';
import type { Check } from './check.ts';
import { type PermissionsToCheck, permissionsCheck } from './deploy-permissions.ts';
import { warnOfDrift } from './drift.ts';

/** Prefix of the description of our stacks: see infra/upload-stack.ts. */
const OURS = 'edge-upload:';

/**
 * Refuses a stack that another tool created.
 * @throws {UserError} `stack_foreign`
 */
export function refuseForeign({ stackName }: StackWork, { description, status }: FoundStack): void {
  if (status === 'REVIEW_IN_PROGRESS' || description?.startsWith(OURS)) return;
  throw new UserError(
    'stack_foreign',
    `The stack “${stackName}” already exists, and edge-upload did not create it${description === undefined ? '' : ` (“${description}”)`}.`,
    { hint: 'Choose another name with --stack-name.' },
  );
}

/**
 * Maximum length of a new stack's name. CloudFormation truncates generated names (`<stack>-<logical id>-<13 random
 * characters>`) to 64 characters, 63 for a bucket, and the operator's policy needs the whole stack name in them. The
 * longest logical id is the edge function's.
 */
export const LONGEST_NAME = 29;

function refuseLongName(stackName: string): void {
  if (stackName.length <= LONGEST_NAME) return;
  throw new UserError(
    'usage',
    `“${stackName}” has ${stackName.length} characters; the name of a new stack has at most ${LONGEST_NAME}.`,
    {
      hint: 'CloudFormation would cut the names of bucket and function, and the operator policy would not cover them. Choose another with --stack-name <name>.',
    },
  );
}

interface Deploying {
  /** Options as given. */
  readonly given?: StackOptions;
  /** Whether a missing stack is an error. */
  readonly mustExist?: boolean;
  /** Whether nothing will be changed. A missing permission is then a warning. */
  readonly dryRun?: boolean;
  /** Whether what was changed outside of CloudFormation is changed back. */
  readonly revertDrift?: boolean;
}

/** Returns the stack, which is one of ours; `undefined` if its name is unused. */
async function ownStack(
  work: StackWork,
  { given = {}, mustExist = false, revertDrift = false }: Deploying,
): Promise<FoundStack | undefined> {
  const stack = await findStack(work);
  if (stack === undefined) {
    if (mustExist) throw stackMissing(work);
    refuseLongName(work.stackName);
    return undefined;
  }
  refuseForeign(work, stack);
  if (!revertDrift) await warnOfDrift(work, stack, given);
  return stack;
}

/**
 * Checks what AWS would refuse, before a deploy changes anything. Returns the stack, if there is one.
 * @throws {UserError} the first failure
 */
export async function preflight(work: StackWork, how: Deploying = {}): Promise<FoundStack | undefined> {
  const { stackName, local, context } = work;
  const { given = {}, dryRun = false } = how;
  const { ui } = context;
  const caller = await asTask(ui, 'Checking credentials', callerWords, () => callerIdentity(work));
  const stack = await asTask(
    ui,
    'Checking the stack',
    (found) => (found === undefined ? `${stackName} does not exist yet` : `${stackName} is ${found.status}`),
    () => ownStack(work, how),
  );
  if (local !== undefined) return stack;
  const before = stack?.status === 'REVIEW_IN_PROGRESS' ? undefined : stack;
  for (const { name, run } of accountChecks(
    work,
    () => caller,
    dryRun ? undefined : { stack: before, given },
  )) {
    await asTask(
      ui,
      `Checking ${name}`,
      (seen) => ('skipped' in seen ? `skipped: ${seen.skipped}` : seen.found),
      run,
    );
  }
  return stack;
}

/**
 * Returns the checks of an AWS account: its regions, the caller's permissions, its quota.
 * @param deploying what is about to be deployed; absent: a missing permission is only a warning
 */
export function accountChecks(
  work: StackWork,
  caller: () => AwsCaller | undefined,
  deploying?: PermissionsToCheck,
): readonly Check[] {
  return [regionsCheck(work), permissionsCheck(work, caller, deploying), concurrencyCheck(work)];
}
