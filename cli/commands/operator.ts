import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { operatorClients } from '../network/aws.ts';
import { currentDeployment, type Deployment, findByName, findByUrl } from '../settings/deployments.ts';
import { edgeUrl } from '../settings/edge-url.ts';
import { listLeftovers } from '../settings/leftovers.ts';
import { tellChoice } from '../settings/target.ts';
import type { StackWork } from '../stack/operation.ts';
import { type FoundStack, findStack } from '../stack/stacks.ts';
import { ensureCloud } from './local.ts';

export const DEFAULT_STACK_NAME = 'edge-upload';

/** CloudFormation's own rule for stack names. */
const STACK_NAME = /^[A-Za-z][A-Za-z0-9-]{0,127}$/;

export interface OperatorArgs {
  readonly profile?: string;
  /** The embedded cloud, where the deployment does not tell. */
  readonly local?: boolean;
}

/** The stack that an operator's command means, and what this computer remembers of it. */
export interface OperatorTarget {
  readonly stackName: string;
  readonly known?: Deployment;
}

/**
 * `--stack-name`, else the operator's deployment that `EDGE_UPLOAD_URL` means or that was used last, else what an earlier
 * destroy left. Nothing else is guessed: a stack of the default name may well be there in the AWS account, and not be meant.
 */
export async function findTarget(context: Context): Promise<OperatorTarget | undefined> {
  const { stackName } = context.options;
  if (stackName !== undefined) return targetNamed(context, stackName);
  const meant = await operatedAt(context);
  if (meant !== undefined) return { stackName: meant.name, known: meant };
  const current = await currentDeployment(context);
  if (current?.bucket !== undefined) {
    await tellChoice(context, current);
    return { stackName: current.name, known: current };
  }
  const [leftover] = await listLeftovers(context);
  return leftover && targetNamed(context, leftover.stackName);
}

/** The operator's deployment whose address `EDGE_UPLOAD_URL` is. */
async function operatedAt(context: Context): Promise<Deployment | undefined> {
  const address = context.env.EDGE_UPLOAD_URL;
  const known = address ? await findByUrl(context, edgeUrl(address)) : undefined;
  return known?.bucket === undefined ? undefined : known;
}

/**
 * Who works where `EDGE_UPLOAD_URL` means an edge that somebody else operates does not mean a deployment of their own.
 * @throws {UserError} `no_deployment`
 */
export async function refuseOthersEdge(context: Context): Promise<void> {
  const address = context.env.EDGE_UPLOAD_URL;
  if (!address || context.options.stackName !== undefined || (await operatedAt(context))) return;
  throw new UserError(
    'no_deployment',
    `EDGE_UPLOAD_URL means ${edgeUrl(address)}, which was not deployed from this computer.`,
    { hint: `Name the stack with --stack-name, such as ${DEFAULT_STACK_NAME}, or take the variable away.` },
  );
}

/** The same, which must be there. */
export async function requireTarget(context: Context): Promise<OperatorTarget> {
  await refuseOthersEdge(context);
  const target = await findTarget(context);
  if (target !== undefined) return target;
  throw new UserError('no_deployment', 'This computer knows no deployment of yours.', { hint: NAME_IT });
}

/** For what was deployed from another computer. */
export const NAME_IT = `Deploy with: edge-upload deploy   or name a stack with --stack-name, such as ${DEFAULT_STACK_NAME}.`;

export async function targetNamed(context: Context, stackName: string): Promise<OperatorTarget> {
  if (!STACK_NAME.test(stackName)) {
    throw new UserError('usage', `“${stackName}” cannot be a stack's name.`, {
      hint: 'Use letters, digits and hyphens, a letter first, at most 128 of them.',
    });
  }
  const known = await findByName(context, stackName);
  return known === undefined ? { stackName } : { stackName, known };
}

/**
 * Opens the operator's clients for a stack: of AWS, or of the embedded cloud where the deployment (or what an earlier
 * destroy left of it) lives there, which is started if need be. The caller closes them.
 */
export async function openStack(
  context: Context,
  { stackName, known }: OperatorTarget,
  { profile, local = false }: OperatorArgs,
): Promise<StackWork> {
  const leftover = (await listLeftovers(context)).find((one) => one.stackName === stackName);
  const isLocal = local || (known?.local ?? leftover?.local) !== undefined;
  return isLocal ? openLocal(context, stackName) : openAws(context, stackName, profile);
}

export async function openAws(context: Context, stackName: string, profile?: string): Promise<StackWork> {
  const clients = await operatorClients(context, profile === undefined ? {} : { profile });
  return { context, clients, stackName };
}

export async function openLocal(context: Context, stackName: string): Promise<StackWork> {
  const { endpoint, caFile } = (await ensureCloud(context)).cloud;
  const local = { endpoint, caFile };
  return { context, clients: await operatorClients(context, { local }), stackName, local };
}

/** The stack, which must be there. */
export async function requireStack(work: StackWork): Promise<FoundStack> {
  const stack = await findStack(work);
  if (stack === undefined) throw stackMissing(work);
  return stack;
}

export function stackMissing({ stackName, local }: StackWork): UserError {
  const where = local === undefined ? 'this AWS account (us-east-1)' : 'the embedded cloud';
  return new UserError('stack_missing', `There is no stack “${stackName}” in ${where}.`, {
    hint: `Create it with: edge-upload deploy${local === undefined ? '' : ' --local'}   or name another with --stack-name.`,
  });
}
