import type { StackOptions } from '../../../infra/options.ts';
import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { type Caller, credentialsCheck } from '../caller.ts';
import { type FoundStack, findStack, isWhole, type StackWork, stackMissing } from '../find-stack.ts';
import { concurrencyCheck, regionsCheck } from './account-limits.ts';
import { bucketCheck } from './bucket.ts';
import type { Check } from './check.ts';
import { type PermissionsToCheck, permissionsCheck } from './deploy-permissions.ts';
import { driftCheck, RESTORE } from './drift.ts';
import { issuersCheck } from './issuer-keys.ts';
import { encryptionKeyCheck } from './kms-key.ts';
import { signingKeyCheck } from './signing-key.ts';

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
    `The stack “${stackName}” exists already, and edge-upload did not create it${description === undefined ? '' : ` (“${description}”)`}.`,
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

/** Checks that the stack is one of ours, or that its name is unused. */
function nameCheck(
  work: StackWork,
  { mustExist = false, revertDrift = false }: Deploying,
  keep: (stack: FoundStack) => void,
): Check {
  return {
    name: 'the stack',
    run: async () => {
      const stack = await findStack(work);
      if (stack === undefined) {
        if (mustExist) throw stackMissing(work);
        refuseLongName(work.stackName);
        return { found: `${work.stackName} is a new one` };
      }
      refuseForeign(work, stack);
      if (!revertDrift) warnOfDrift(work, stack);
      keep(stack);
      return { found: `${work.stackName} is ${stack.status}` };
    },
  };
}

/** Checks that the stack exists and that its last operation succeeded. */
function healthCheck(work: StackWork): Check {
  const { stackName } = work;
  return {
    name: 'stack',
    run: async () => {
      const stack = await findStack(work);
      if (stack === undefined) {
        throw new UserError(
          'stack_missing',
          `There is no stack “${stackName}”, though this computer knows it.`,
          {
            hint: [
              'Deploy it again, or forget it:',
              command`edge-upload deploy`,
              command`edge-upload destroy`,
            ],
          },
        );
      }
      refuseForeign(work, stack);
      const { status, reason } = stack;
      if (isWhole(stack) || status.endsWith('_IN_PROGRESS')) {
        const failed = status === 'UPDATE_ROLLBACK_COMPLETE' ? '; the last update failed and was undone' : '';
        return { found: `${stackName} is ${status}${failed}` };
      }
      const why = reason === undefined ? '' : `: ${reason.replace(/[.\s]+$/, '')}`;
      throw new UserError('stack_failed', `The stack “${stackName}” is ${status}${why}.`, {
        hint: status.startsWith('DELETE')
          ? ['Finish the deletion:', command`edge-upload destroy`]
          : ['Fix it with:', command`edge-upload deploy`],
      });
    },
  };
}

function warnOfDrift({ context, stackName }: StackWork, { drifted }: FoundStack): void {
  if (!drifted) return;
  context.ui.event({
    type: 'warning',
    text: [
      `Resources of ${stackName} were changed outside edge-upload (drift). A deploy overwrites only what it changes itself.`,
      'List the changed resources:',
      command`edge-upload doctor`,
      ...RESTORE,
    ],
  });
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

interface Preflight {
  /** In order. */
  readonly checks: readonly Check[];
  /** Returns the stack that the checks found, if there is one. */
  readonly found: () => FoundStack | undefined;
}

/** Returns the checks before a deploy changes anything. */
export function preflight(work: StackWork, how: Deploying = {}): Preflight {
  const { given = {}, dryRun = false } = how;
  let stack: FoundStack | undefined;
  const name = nameCheck(work, how, (found) => {
    stack = found;
  });
  const deploying = () => ({ stack: stack?.status === 'REVIEW_IN_PROGRESS' ? undefined : stack, given });
  return { checks: operatorChecks(work, name, dryRun ? undefined : deploying), found: () => stack };
}

/** Returns the checks of an existing stack. */
export function stackHealth(work: StackWork): Check[] {
  return [
    ...operatorChecks(work, healthCheck(work)),
    bucketCheck(work),
    driftCheck(work),
    issuersCheck(work),
    ...(work.local === undefined ? [encryptionKeyCheck(work)] : []),
    signingKeyCheck(work),
  ];
}

function operatorChecks(work: StackWork, stack: Check, deploying?: () => PermissionsToCheck): Check[] {
  let caller: Caller | undefined;
  const credentials = credentialsCheck(work, (found) => {
    caller = found;
  });
  if (work.local !== undefined) return [credentials, stack];
  return [
    credentials,
    stack,
    regionsCheck(work),
    permissionsCheck(work, () => caller, deploying),
    concurrencyCheck(work),
  ];
}
