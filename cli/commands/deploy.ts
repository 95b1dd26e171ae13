import type { Context, Result } from '../context.ts';
import { UserError } from '../errors.ts';
import { STACK_REGION } from '../network/aws.ts';
import { rememberDeployment } from '../settings/deployments.ts';
import { edgeUrl } from '../settings/edge-url.ts';
import type { PlannedChange } from '../stack/change-set.ts';
import { deployStack } from '../stack/deploy.ts';
import type { StackWork } from '../stack/operation.ts';
import { poolIdentity } from '../stack/pool-identity.ts';
import { OUTPUT, type StackOutputs } from '../stack/stacks.ts';
import { loadCdk } from '../stack/template.ts';
import { count } from '../ui/format.ts';
import {
  DEFAULT_STACK_NAME,
  findTarget,
  type OperatorArgs,
  openAws,
  openLocal,
  targetNamed,
} from './operator.ts';

export interface DeployArgs extends OperatorArgs {
  readonly yes?: boolean;
}

/** Creates or updates the stack, and remembers the deployment. */
export async function deploy(context: Context, args: DeployArgs): Promise<Result> {
  const { stackName, known } =
    (await findTarget(context)) ?? (await targetNamed(context, DEFAULT_STACK_NAME));
  if (known?.local !== undefined && !args.local) {
    throw new UserError('usage', `“${stackName}” is a deployment in the embedded cloud of this computer.`, {
      hint: 'Deploy it there again with --local; or deploy to AWS under another name with --stack-name <name>.',
    });
  }
  await loadCdk();
  const work = args.local
    ? await openLocal(context, stackName)
    : await openAws(context, stackName, args.profile);
  try {
    const { outcome, outputs } = await deployStack(work, {
      policy: {},
      identityOf: (found) =>
        poolIdentity(found, {
          ...work.clients,
          env: context.env,
          ...(work.local && { caFile: work.local.caFile }),
        }),
      agree: (plan) => agree(context, work, plan, args.yes ?? false),
    });
    if (outcome === 'declined') {
      return { document: { stackName, outcome }, text: 'Nothing was changed.' };
    }
    const url = await remember(context, work, outputs);
    return described(work, outcome, outputs, url);
  } finally {
    work.clients.close();
  }
}

/** Asked before AWS resources come into being; the embedded cloud costs nothing and asks nothing. */
async function agree(
  { ui }: Context,
  { local, stackName }: StackWork,
  plan: PlannedChange,
  yes: boolean,
): Promise<boolean> {
  if (yes || local !== undefined) return true;
  const what = count(plan.changes.length, 'resource');
  return ui.confirm(`Change ${what} of the stack “${stackName}” in ${STACK_REGION}?`, '--yes');
}

async function remember(
  context: Context,
  { stackName, local }: StackWork,
  outputs: StackOutputs,
): Promise<string> {
  const { domain, userPoolId, clientId, bucket } = outputs;
  if (domain === undefined || userPoolId === undefined || clientId === undefined || bucket === undefined) {
    throw new UserError(
      'stack_failed',
      `The stack “${stackName}” lacks an output that edge-upload's own template has.`,
      {
        hint: 'Is it another tool’s stack? Choose another name with --stack-name.',
      },
    );
  }
  const url = edgeUrl(domain);
  await rememberDeployment(context, {
    name: stackName,
    url,
    region: STACK_REGION,
    userPoolId,
    clientId,
    bucket,
    ...(local === undefined ? {} : { local }),
  });
  return url;
}

function described(
  { stackName, local }: StackWork,
  outcome: string,
  outputs: StackOutputs,
  url: string,
): Result {
  const named = (['domain', 'bucket', 'userPoolId', 'clientId'] as const).map(
    (key) => [OUTPUT[key], outputs[key] ?? ''] as const,
  );
  const headline =
    outcome === 'unchanged'
      ? `The stack ${stackName} is up to date: nothing to change.`
      : `The stack ${stackName} is deployed.`;
  return {
    document: { stackName, outcome, url, local: local !== undefined, outputs: Object.fromEntries(named) },
    text: [
      local === undefined ? headline : `${headline} (embedded cloud)`,
      '',
      ...named.map(([name, value]) => `  ${name.padEnd(26)}${value}`),
      '',
      'Next, create a user and sign in:',
      '  edge-upload login --create --email you@example.com',
    ].join('\n'),
  };
}
