import { omitUndefined } from '../../../protocol/fields.ts';
import { command } from '../../command-line.ts';
import type { Context } from '../../context.ts';
import { interrupted, isUserError, UserError } from '../../errors.ts';
import { awsErrorName, COGNITO_ERRORS, cognitoFailure } from '../../identity/cognito-errors.ts';
import { type AdministeredPool, openAdministeredPool } from '../../identity/users/administered-pool.ts';
import type { CloudChoice } from '../../network/aws.ts';
import type { Deployment } from '../../settings/deployments.ts';
import { edgeUrl } from '../../settings/edge-url.ts';
import { awsFailure } from '../../stack/aws-failures.ts';
import { missingPart, requireStack, type StackWork } from '../../stack/find-stack.ts';
import { type OperatorArgs, type OperatorTarget, requireTarget, withStack } from '../operator.ts';

interface FoundPool extends Pick<Deployment, 'local'>, Partial<Pick<Deployment, 'url'>> {
  readonly userPoolId: string;
}

/** User pool of a deployment. */
export interface OperatedPool extends AdministeredPool, Pick<StackWork, 'stackName' | 'local'> {
  /** Address of the edge; absent until the stack has one. */
  readonly url?: string;
}

/** Runs work with an open user pool of the deployment, and closes it. */
export async function withPool<T>(
  context: Context,
  args: OperatorArgs,
  doing: string,
  work: (pool: OperatedPool) => Promise<T>,
): Promise<T> {
  const target = await requireTarget(context, args);
  const { userPoolId, ...found } = await findPool(context, target, args);
  const { stackName } = target;
  const choice = { local: found.local, profile: args.profile };
  return administer(context, userPoolId, choice, doing, (pool) => work({ ...pool, ...found, stackName }));
}

/**
 * Runs work on a user pool.
 * @throws {UserError} if AWS refuses, with `doing` in the message; `interrupted` after Ctrl-C
 */
export async function administer<T>(
  context: Context,
  userPoolId: string,
  choice: CloudChoice,
  doing: string,
  work: (pool: AdministeredPool) => Promise<T>,
): Promise<T> {
  const { close, ...pool } = await openAdministeredPool(context, userPoolId, choice);
  try {
    return await work(pool);
  } catch (error) {
    throw administeredFailure(error, doing, context.signal);
  } finally {
    close();
  }
}

/** Returns the error to print for a failed call of an operator; the message names `doing`. `interrupted` after Ctrl-C. */
export function administeredFailure(error: unknown, doing: string, signal: AbortSignal): UserError {
  if (isUserError(error)) return error;
  if (signal.aborted) return interrupted();
  if (!((awsErrorName(error) ?? '') in COGNITO_ERRORS)) return awsFailure(error, doing);
  return cognitoFailure(error, doing, 'AWS', 'operator');
}

/**
 * Runs a change of a user.
 * @throws {UserError} `interrupted` after Ctrl-C, with the command that shows whether Cognito made the change
 */
export async function changing<T>(
  { signal }: AdministeredPool,
  username: string,
  change: () => Promise<T>,
): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (!signal.aborted) throw error;
    throw interrupted([
      'Cognito may have made the change. To see the user:',
      command`edge-upload user show ${username}`,
    ]);
  }
}

/** Returns the saved pool of the deployment, otherwise the one in the outputs of its stack. */
async function findPool(context: Context, target: OperatorTarget, args: OperatorArgs): Promise<FoundPool> {
  const { userPoolId, local, url } = target.known ?? {};
  if (userPoolId !== undefined) return { userPoolId, ...omitUndefined({ local, url }) };
  return withStack(context, target, args, async (work) => {
    const stack = await requireStack(work);
    const { userPoolId, domain } = stack.outputs;
    if (userPoolId === undefined) {
      if (domain === undefined) throw missingPart(work, stack, 'user pool');
      throw new UserError('stack_failed', `The stack “${target.stackName}” has no user pool.`, {
        hint: [
          'Its uploaders sign in with trusted issuers. To add a user pool:',
          command`edge-upload deploy --user-pool`,
        ],
      });
    }
    const { local } = work;
    return omitUndefined({ userPoolId, local, url: domain && edgeUrl(domain) });
  });
}
