import type { StackOptions } from '../../../infra/options.ts';
import { command } from '../../command-line.ts';
import { interrupted, UserError } from '../../errors.ts';
import { STACK_REGION } from '../../network/aws.ts';
import { asTask } from '../../ui/create.ts';
import { type AwsCaller, callerIdentity, callerWords, whyUnanswered } from '../aws-calls.ts';
import {
  type FoundStack,
  findStack,
  isToCreate,
  missingPart,
  type StackWork,
  stackMissing,
} from '../find-stack.ts';
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
  /** Whether a stack that is missing, or that was not created, is an error. */
  readonly mustExist?: boolean;
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
  // Its remains are deleted only by a deploy.
  if (mustExist && isToCreate(stack)) throw missingPart(work, stack, 'edge');
  if (!revertDrift) await warnOfDrift(work, stack, given);
  return stack;
}

/**
 * Checks whose stack a deploy would change. Returns the stack, if there is one.
 * @throws {UserError} the first failure
 */
export async function preflight(work: StackWork, how: Deploying = {}): Promise<FoundStack | undefined> {
  const { stackName, context } = work;
  await asTask(context.ui, 'Checking credentials', callerWords, () => callerIdentity(work));
  return asTask(
    context.ui,
    'Checking the stack',
    (found) => (found === undefined ? `${stackName} does not exist yet` : `${stackName} is ${found.status}`),
    () => ownStack(work, how),
  );
}

/**
 * Checks what the account would refuse, before a deploy changes anything. Checks nothing in the embedded cloud.
 * @throws {UserError} the first failure
 */
export async function checkAccount(work: StackWork, deploying: PermissionsToCheck): Promise<void> {
  if (work.local !== undefined) return;
  const caller = await callerIdentity(work);
  for (const { name, run } of accountChecks(work, () => caller, deploying)) {
    await asTask(
      work.context.ui,
      `Checking ${name}`,
      (seen) => ('skipped' in seen ? `skipped: ${seen.skipped}` : seen.found),
      run,
    );
  }
}

/** A region that every unrestricted account can use. */
const OTHER_REGION = 'us-west-2';

/**
 * Checks that the account can use other regions, to which Lambda@Edge replicates the function. If an organization's
 * policy or a starter account forbids it, a deploy would fail at its end.
 */
function regionsCheck(work: StackWork): Check {
  return {
    name: 'regions',
    run: async () => {
      const { GetFunctionCommand } = await import('@aws-sdk/client-lambda');
      const elsewhere = work.clients.lambdaIn(OTHER_REGION);
      try {
        await elsewhere.send(new GetFunctionCommand({ FunctionName: `${work.stackName}-check` }));
      } catch (error) {
        if (work.context.signal.aborted) throw interrupted();
        const { name, message } = error as Error;
        if (/service control policy|explicit deny/i.test(message)) {
          throw new UserError(
            'access_denied',
            `This account is not allowed to use other regions: ${message}`,
            {
              hint: 'Lambda@Edge needs them for its replicas. Use an account without that restriction.',
              cause: error,
            },
          );
        }
        if (name !== 'ResourceNotFoundException')
          return { skipped: whyUnanswered(error, 'Lambda', `lambda:GetFunction in ${OTHER_REGION}`) };
      }
      return { found: `${STACK_REGION} and others, as Lambda@Edge needs` };
    },
  };
}

/** Quota of an established account: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const USUAL = 1000;

/** Below this quota, a busy edge responds with 503. Each unit allows 10 requests a second in each region. */
const FEW = 100;

/** The quota “Concurrent executions”: https://docs.aws.amazon.com/general/latest/gr/lambda-service.html */
const QUOTA = 'L-B99A9384';

/** Warns of a new account, which allows only a few concurrent executions of all functions, the edge's included. */
function concurrencyCheck({ clients, context: { ui, signal } }: StackWork): Check {
  return {
    name: 'concurrency',
    run: async () => {
      const { GetAccountSettingsCommand } = await import('@aws-sdk/client-lambda');
      let limit: number | undefined;
      try {
        const { AccountLimit } = await clients.lambda.send(new GetAccountSettingsCommand({}));
        limit = AccountLimit?.ConcurrentExecutions;
      } catch (error) {
        if (signal.aborted) throw interrupted();
        return { skipped: whyUnanswered(error, 'Lambda', 'lambda:GetAccountSettings') };
      }
      if (limit === undefined) return { skipped: 'Lambda does not report it' };
      const found = `${limit.toLocaleString('en-US')} concurrent executions of Lambda functions`;
      if (limit >= FEW) return { found };
      ui.event({
        type: 'warning',
        text: `This account has ${found}: the edge serves about ${limit * 10} requests a second in a region, and responds with 503 to more.`,
      });
      ui.event({
        type: 'note',
        text: [
          `Request ${USUAL.toLocaleString('en-US')}, which is free of charge:`,
          command`aws service-quotas request-service-quota-increase --region ${STACK_REGION} --service-code lambda --quota-code ${QUOTA} --desired-value ${String(USUAL)}`,
        ],
      });
      return { found };
    },
  };
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
