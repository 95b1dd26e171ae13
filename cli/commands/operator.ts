import { omitUndefined } from '../../protocol/fields.ts';
import { command, type HintLine } from '../command-line.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { ensureCloud } from '../local-cloud/process.ts';
import { operatorClients } from '../network/aws.ts';
import { changedCommand, sameCommand, sameCommandWithout } from '../same-command.ts';
import {
  type Deployment,
  type KnownDeployments,
  knownDeployments,
  useForHints,
} from '../settings/deployments.ts';
import { edgeUrl } from '../settings/edge-url.ts';
import { noneChosen, printChoice } from '../settings/target.ts';
import { callerIdentity } from '../stack/aws-calls.ts';
import { DEFAULT_STACK_NAME, type StackWork } from '../stack/find-stack.ts';
import { listRemains } from '../stack/remains.ts';

/** CloudFormation's own rule for stack names. */
const STACK_NAME = /^[A-Za-z][A-Za-z0-9-]{0,127}$/;

export interface OperatorArgs {
  readonly profile?: string;
  /** Use the embedded cloud. Needed only if the deployment is not recorded. */
  readonly local?: boolean;
}

/** The stack of an operator's command, and its records on this computer. */
export interface OperatorTarget {
  readonly stackName: string;
  readonly known?: Deployment;
}

/**
 * Returns the deployment of an operator's command: `--stack-name`, else the one at `EDGE_UPLOAD_URL`, else the one used
 * last, else one that an earlier destroy left resources of. Never guesses: a stack with the default name can belong to
 * somebody else, and the only deployment left is not the one that was just destroyed.
 * @throws {UserError} `no_deployment` if the user has to choose; `usage` for variables that contradict each other
 */
export async function findTarget(
  context: Context,
  { local = false }: OperatorArgs = {},
): Promise<OperatorTarget | undefined> {
  const known = await knownDeployments(context);
  const meant = await meantTarget(context, known);
  // A stack of the embedded cloud is not the recorded AWS stack of the same name.
  const isOther = local && meant?.known !== undefined && meant.known.local === undefined;
  const target = isOther ? { stackName: meant.stackName } : meant;
  if (target === undefined) return undefined;
  const { stackName } = target;
  const isLocal = local || target.known?.local !== undefined;
  await useForHints(context, { stackName, local: isLocal, operated: true }, known);
  return target;
}

/** As `findTarget`, with the default stack name if there is no deployment. */
export async function targetOrDefault(context: Context, args: OperatorArgs = {}): Promise<OperatorTarget> {
  return (await findTarget(context, args)) ?? { stackName: DEFAULT_STACK_NAME };
}

async function meantTarget(context: Context, known: KnownDeployments): Promise<OperatorTarget | undefined> {
  const { stackName } = context.options;
  const address = context.env.EDGE_UPLOAD_URL;
  if (stackName !== undefined) {
    refuseContradiction(context, stackName, known);
    return targetNamed(stackName, known);
  }
  const { current, all } = known;
  if (address) {
    const url = edgeUrl(address);
    const meant = all.find((one) => one.url === url && one.bucket !== undefined);
    if (meant === undefined) throw othersEdge(url);
    return { stackName: meant.name, known: meant };
  }
  if (current?.bucket !== undefined) {
    if (all.length > 1) printChoice(context, current);
    return { stackName: current.name, known: current };
  }
  const operated = all.filter(({ bucket }) => bucket !== undefined);
  if (operated.length > 0) {
    throw current === undefined
      ? noneChosen(operated)
      : noneChosen(operated, `The chosen deployment, ${current.name}, was not deployed from this computer.`);
  }
  const left = [...new Set((await listRemains(context)).map((one) => one.stackName))];
  const [only] = left;
  if (left.length > 1) {
    throw new UserError('no_deployment', 'Several stacks left resources behind.', {
      hint: [
        'Name one of them with the same command:',
        ...left.map((name) => sameCommand`--stack-name ${name}`),
      ],
    });
  }
  return only === undefined ? undefined : targetNamed(only, known);
}

/** Refuses two variables that name different deployments: neither takes precedence. */
function refuseContradiction({ env }: Context, stackName: string, { all }: KnownDeployments): void {
  if (!env.EDGE_UPLOAD_URL || env.EDGE_UPLOAD_STACK !== stackName) return;
  const url = edgeUrl(env.EDGE_UPLOAD_URL);
  const meant = all.find((known) => known.url === url);
  if (meant?.bucket === undefined || meant.name === stackName) return;
  throw new UserError(
    'usage',
    `EDGE_UPLOAD_STACK names “${stackName}”, but EDGE_UPLOAD_URL names “${meant.name}”.`,
    { hint: 'Unset one of the two variables, or name the stack with --stack-name <name>.' },
  );
}

function othersEdge(url: string): UserError {
  return new UserError(
    'no_deployment',
    `EDGE_UPLOAD_URL names ${url}, which was not deployed from this computer.`,
    {
      hint: `Name the stack with --stack-name <name> (the default is ${DEFAULT_STACK_NAME}), or unset EDGE_UPLOAD_URL.`,
    },
  );
}

/** Like `findTarget`. @throws {UserError} `no_deployment` if there is none */
export async function requireTarget(context: Context, args: OperatorArgs = {}): Promise<OperatorTarget> {
  const target = await findTarget(context, args);
  if (target !== undefined) return target;
  throw new UserError('no_deployment', NOTHING_OF_YOURS, { hint: forOperators() });
}

export const NOTHING_OF_YOURS = 'Nothing was deployed from this computer yet.';

/** Returns the hint if nothing was deployed from this computer: the command is for operators. */
export function forOperators(): readonly HintLine[] {
  return [
    'This command is for operators. Deploy from this computer, or name an existing stack:',
    command`edge-upload deploy`,
    command`edge-upload status --stack-name ${DEFAULT_STACK_NAME}`,
    'To upload, sign in and use put:',
    command`edge-upload login <url>`,
  ];
}

function targetNamed(stackName: string, { all }: KnownDeployments): OperatorTarget {
  if (!STACK_NAME.test(stackName)) {
    throw new UserError('usage', `“${stackName}” is not a valid stack name.`, {
      hint: 'Use up to 128 letters, digits and hyphens; the first is a letter.',
    });
  }
  const known = all.find(({ name }) => name === stackName);
  return known === undefined ? { stackName } : { stackName, known };
}

/**
 * Opens the operator's clients for a stack: of AWS, or of the embedded cloud if the deployment, or what an earlier destroy
 * left of it, is there. Starts the embedded cloud if necessary. The caller closes the clients.
 */
export async function openStack(
  context: Context,
  { stackName, known }: OperatorTarget,
  { profile, local = false }: OperatorArgs,
): Promise<StackWork> {
  const left = (await listRemains(context)).find((one) => one.stackName === stackName);
  const isLocal = local || (known === undefined ? left?.local : known.local) !== undefined;
  return isLocal ? openLocal(context, stackName) : openAws(context, stackName, profile);
}

/** Runs work on the stack of a deployment, and closes the clients of {@link openStack}. */
export async function withStack<T>(
  context: Context,
  target: OperatorTarget,
  args: OperatorArgs,
  run: (work: StackWork) => Promise<T>,
): Promise<T> {
  const work = await openStack(context, target, args);
  try {
    return await run(work);
  } finally {
    work.clients.close();
  }
}

/** Opens clients of AWS. Ctrl-C aborts their requests. */
export async function openAws(context: Context, stackName: string, profile?: string): Promise<StackWork> {
  await useForHints(context, { stackName, local: false, operated: true });
  const clients = await operatorClients(context, { signal: context.signal, ...omitUndefined({ profile }) });
  return { context, clients, stackName };
}

export async function openLocal(context: Context, stackName: string): Promise<StackWork> {
  await useForHints(context, { stackName, local: true, operated: true });
  const { endpoint, caFile } = (await ensureCloud(context)).cloud;
  const local = { endpoint, caFile };
  return {
    context,
    clients: await operatorClients(context, { signal: context.signal, local }),
    stackName,
    local,
  };
}

/**
 * Refuses credentials of another account than that of the recorded stack: a stack of the same name there is another one.
 * Called before anything is changed or deleted.
 * @throws {UserError} `credentials`
 */
export async function refuseOtherAccount(work: StackWork, { known }: OperatorTarget): Promise<void> {
  if (known?.account === undefined || work.local !== undefined) return;
  const { account } = await callerIdentity(work);
  if (account === known.account) return;
  throw new UserError(
    'credentials',
    `The stack “${work.stackName}” was deployed to the AWS account ${known.account}; these credentials are for ${account}.`,
    {
      hint: [
        'Choose the profile of that account with --profile <name>, another name with --stack-name <name>, or forget it:',
        command`edge-upload deployments forget ${known.name}`,
      ],
    },
  );
}

/** A deployment in the embedded cloud and one on AWS have different names, because commands find them by name. */
export function refuseOtherCloud(
  { inUse }: Context,
  { stackName, known }: OperatorTarget,
  { local = false }: OperatorArgs,
): void {
  if (known === undefined || (known.local !== undefined) === local) return;
  // Each command prints where it works.
  inUse.set({ stackName, operated: true });
  const where = known.local === undefined ? 'on AWS' : 'in the embedded cloud of this computer';
  throw new UserError('usage', `“${stackName}” is a deployment ${where}.`, {
    hint: [
      `Deploy it there again, or deploy to ${local ? 'the embedded cloud' : 'AWS'} under another name:`,
      local ? sameCommandWithout('--local') : changedCommand`--local`,
      changedCommand`--stack-name <name>`,
      ...(local
        ? []
        : ['To use the name on AWS, destroy the local deployment first:', command`edge-upload destroy`]),
    ],
  });
}
