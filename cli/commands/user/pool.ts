import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { awsErrorName, COGNITO_ERRORS, cognitoFailure } from '../../identity/cognito-errors.ts';
import type { AdministeredPool } from '../../identity/users/administered-pool.ts';
import { type OperatorClients, operatorClients } from '../../network/aws.ts';
import type { LocalCloud } from '../../settings/deployments.ts';
import { edgeUrl } from '../../settings/edge-url.ts';
import { awsFailure } from '../../stack/aws-failures.ts';
import {
  type OperatorArgs,
  type OperatorTarget,
  openStack,
  requireStack,
  requireTarget,
} from '../operator.ts';

/** The pool of a deployment. */
export interface OperatedPool extends AdministeredPool {
  readonly stackName: string;
  /** Where its users upload to; absent while the stack has no edge. */
  readonly url?: string;
  /** Set where the pool is in an embedded cloud. */
  readonly local?: LocalCloud;
}

/** Runs an operator's work on the users of a deployment. What AWS refuses comes out as a user's error that names `doing`. */
export async function withPool<T>(
  context: Context,
  args: OperatorArgs,
  doing: string,
  work: (pool: OperatedPool) => Promise<T>,
): Promise<T> {
  const { pool, clients } = await open(context, await requireTarget(context, args), args);
  try {
    return await work(pool);
  } catch (error) {
    const name = awsErrorName(error);
    if (name === undefined || !(name in COGNITO_ERRORS)) throw awsFailure(error, doing);
    throw cognitoFailure(error, doing, 'AWS', 'operator');
  } finally {
    clients.close();
  }
}

/** What this computer knows of the deployment is enough; a stack of another computer's is looked up. */
async function open(
  context: Context,
  target: OperatorTarget,
  args: OperatorArgs,
): Promise<{ pool: OperatedPool; clients: OperatorClients }> {
  const { stackName, known } = target;
  const { profile } = args;
  if (known !== undefined) {
    const { local, userPoolId, url } = known;
    const clients = await operatorClients(context, {
      ...(local && { local }),
      ...(profile !== undefined && { profile }),
    });
    return {
      clients,
      pool: {
        cognito: clients.cognito,
        userPoolId,
        signal: context.signal,
        url,
        stackName,
        ...(local && { local }),
      },
    };
  }
  const work = await openStack(context, target, args);
  const { clients } = work;
  try {
    const { userPoolId, domain } = (await requireStack(work)).outputs;
    if (userPoolId === undefined) {
      throw new UserError('stack_failed', `The stack “${stackName}” has no user pool.`, {
        hint: 'See: edge-upload deploy',
      });
    }
    const url = domain === undefined ? {} : { url: edgeUrl(domain) };
    const local = work.local && { local: work.local };
    const { signal } = context;
    return { clients, pool: { cognito: clients.cognito, userPoolId, signal, stackName, ...url, ...local } };
  } catch (error) {
    clients.close();
    throw error;
  }
}
