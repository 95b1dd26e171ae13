import type { StackOptions } from '../../infra/options.ts';
import { policyOf } from '../../infra/options.ts';
import { omitUndefined } from '../../protocol/omit-undefined.ts';
import type { Context, Result } from '../context.ts';
import { isUserError, UserError } from '../errors.ts';
import { STACK_REGION } from '../network/aws.ts';
import { type Deployment, rememberDeployment } from '../settings/deployments.ts';
import { edgeUrl } from '../settings/edge-url.ts';
import { forgetKept } from '../settings/kept.ts';
import { refuseBucket } from '../stack/checks/bucket.ts';
import { callerIdentity } from '../stack/checks/caller.ts';
import { requireChecks } from '../stack/checks/check.ts';
import { edgeServes } from '../stack/checks/edge-probe.ts';
import { preflight } from '../stack/checks/preflight.ts';
import { findStack, OUTPUT, type StackOutputs } from '../stack/find-stack.ts';
import { expireEdgeLogs } from '../stack/logs/edge-logs.ts';
import { type Agreement, createAgreement } from '../stack/operate/agreement.ts';
import { deployStack } from '../stack/operate/deploy.ts';
import { findKept } from '../stack/operate/kept.ts';
import { countUsers } from '../stack/operate/pool.ts';
import { askedOptions, type OptionFlags } from '../stack/options/asked-options.ts';
import { describeOptions, optionChanges, optionsJson } from '../stack/options/describe-options.ts';
import { keptOptions, stackTags } from '../stack/options/kept-options.ts';
import { mergeOptions, unsetNotes } from '../stack/options/merge-options.ts';
import type { StackWork } from '../stack/stack-work.ts';
import { identityOf } from '../stack/template/wanted-template.ts';
import {
  DEFAULT_STACK_NAME,
  findTarget,
  type OperatorArgs,
  type OperatorTarget,
  openAws,
  openLocal,
  refuseOtherAccount,
  targetNamed,
} from './operator.ts';

export interface DeployArgs extends OperatorArgs, Omit<OptionFlags, 'local'> {
  readonly yes?: boolean;
  /** Go on where a change loses users or objects, even unasked. */
  readonly allowDataLoss?: boolean;
  /** Only show what would be changed. */
  readonly dryRun?: boolean;
}

/** Creates or updates the stack, and remembers the deployment. */
export async function deploy(context: Context, args: DeployArgs): Promise<Result> {
  const { given, unset } = askedOptions(args);
  // Without --local, the deployment that this computer knows says where it lives, and must agree.
  const target = (await findTarget(context)) ?? (await targetNamed(context, DEFAULT_STACK_NAME));
  const { stackName } = target;
  refuseOtherCloud(target, args);
  const work = args.local
    ? await openLocal(context, stackName)
    : await openAws(context, stackName, args.profile);
  try {
    const where = work.local === undefined ? `to AWS, ${STACK_REGION}` : 'to the embedded cloud';
    context.ui.event({ type: 'heading', text: `Deploying ${stackName} ${where}` });
    await refuseOtherAccount(work, target);
    await requireChecks(
      context,
      preflight(work, { bucketName: given.bucketName, dryRun: args.dryRun ?? false }),
    );
    const kept = await keptOptions(work);
    const options = mergeOptions(kept, given, unset);
    for (const text of unsetNotes(options, unset)) context.ui.event({ type: 'note', text });
    await refuseBucket(work, options);
    await tellKept(context, work, options);
    const tags = stackTags(options, kept);
    const agreement = createAgreement(work, {
      yes: args.yes ?? false,
      dryRun: args.dryRun ?? false,
      allowDataLoss: args.allowDataLoss ?? false,
      options: optionChanges(kept, options),
    });
    const { outcome, outputs } = await deployStack(work, {
      options,
      dryRun: args.dryRun ?? false,
      ...omitUndefined({ tags }),
      identityOf: (outputs) => identityOf(work, outputs),
      agree: agreement.agree,
    });
    if (args.dryRun) return planned(stackName, agreement);
    if (outcome === 'declined') {
      return { document: { stackName, outcome }, text: 'Nothing was changed.' };
    }
    const deployment = await remember(context, work, outputs);
    await Promise.all([
      edgeServes(context, { ...deployment, policy: policyOf(options) }),
      keepLogsBounded(work, outputs),
    ]);
    const next = (await hasNoUsers(work, outputs)) ? FIRST_USER : [];
    return described(work, { outcome, outputs, url: deployment.url, options, next });
  } finally {
    work.clients.close();
  }
}

/** The edge's logs are no reason to fail: it serves, and the next deploy tries again. */
async function keepLogsBounded(work: StackWork, { edgeFunction }: StackOutputs): Promise<void> {
  if (edgeFunction === undefined) return;
  try {
    const refused = await expireEdgeLogs(work, edgeFunction);
    if (refused.length === 0) return;
    work.context.ui.event({
      type: 'warning',
      text: `The edge's logs do not expire in ${refused.join(', ')}: logs:PutRetentionPolicy is not allowed.`,
    });
  } catch (error) {
    if (!isUserError(error) || error.code === 'interrupted') throw error;
    work.context.ui.event({ type: 'warning', text: `The edge's logs do not expire yet: ${error.message}` });
  }
}

/** What follows a deploy as long as nobody can sign in. */
const FIRST_USER = [
  '',
  'Next, create a user and sign in:',
  '  edge-upload login --create --email you@example.com',
  'Or create a user for somebody else:',
  '  edge-upload user add ada --email ada@example.com',
];

/** Whether the pool has no user yet; false where nobody can tell. */
async function hasNoUsers(work: StackWork, { userPoolId }: StackOutputs): Promise<boolean> {
  if (userPoolId === undefined) return false;
  try {
    return (await countUsers(work, userPoolId)) === 0;
  } catch (error) {
    if (!isUserError(error) || error.code === 'interrupted') throw error;
    work.context.ui.event({ type: 'debug', text: `The users could not be counted: ${error.message}` });
    return false;
  }
}

/** A deployment in the embedded cloud and one on AWS have different names: commands find them by it. */
function refuseOtherCloud({ stackName, known }: OperatorTarget, { local = false }: DeployArgs): void {
  if (known === undefined || (known.local !== undefined) === local) return;
  const where = known.local === undefined ? 'on AWS' : 'in the embedded cloud of this computer';
  throw new UserError('usage', `“${stackName}” is a deployment ${where}.`, {
    hint: [
      'Deploy it there again, or deploy here under another name:',
      `  edge-upload deploy${local ? '' : ' --local'} --stack-name ${stackName}`,
      `  edge-upload deploy${local ? ' --local' : ''} --stack-name <name>`,
    ],
  });
}

function planned(stackName: string, { steps, lines }: Agreement): Result {
  return {
    document: {
      stackName,
      outcome: 'planned',
      plan: steps.map(({ properties, ...step }) => ({ ...step, properties: [...properties] })),
    },
    text: steps.length === 0 ? 'Nothing would be changed.' : [...lines],
  };
}

/** A new stack gets a new bucket, unless it is told to adopt the one that an earlier one left. */
async function tellKept(context: Context, work: StackWork, { bucketName }: StackOptions): Promise<void> {
  if (bucketName !== undefined || (await findStack(work)) !== undefined) return;
  for (const { type, name, holds } of await findKept(context, work)) {
    if (type !== 'bucket') continue;
    context.ui.event({
      type: 'note',
      text: [
        `The bucket ${name} (${holds}) was kept from an earlier deployment.`,
        'To adopt it instead of creating a new one:',
        `  edge-upload deploy${work.local === undefined ? '' : ' --local'} --bucket-name ${name}`,
      ],
    });
  }
}

async function remember(context: Context, work: StackWork, outputs: StackOutputs): Promise<Deployment> {
  const { stackName, local } = work;
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
  const deployment = {
    name: stackName,
    url: edgeUrl(domain),
    region: STACK_REGION,
    userPoolId,
    clientId,
    bucket,
    ...(local === undefined ? { account: (await callerIdentity(work)).account } : { local }),
  };
  await rememberDeployment(context, deployment);
  await forgetKept(context, bucket);
  return deployment;
}

interface Done {
  readonly outcome: string;
  readonly outputs: StackOutputs;
  readonly url: string;
  readonly options: StackOptions;
  /** Lines that say what to do next. */
  readonly next: readonly string[];
}

function described({ stackName, local }: StackWork, { outcome, outputs, url, options, next }: Done): Result {
  const named = (['domain', 'bucket', 'userPoolId', 'clientId'] as const).map(
    (key) => [OUTPUT[key], outputs[key] ?? ''] as const,
  );
  const headline =
    outcome === 'unchanged'
      ? `The stack ${stackName} is up to date: nothing to change.`
      : `Deployed the stack ${stackName}.`;
  return {
    document: {
      stackName,
      outcome,
      url,
      local: local !== undefined,
      outputs: Object.fromEntries(named),
      options: optionsJson(options),
    },
    text: [
      { mark: 'done', text: headline },
      `  ${url}`,
      '',
      ...named.map(([name, value]) => `  ${name.padEnd(26)}${value}`),
      ...describeOptions(options).flatMap(({ flag, value, text }) =>
        value === undefined ? [] : [`  ${flag.padEnd(26)}${text}`],
      ),
      ...nameHint(options, outputs, local !== undefined),
      ...next,
    ],
  };
}

/** DNS is the operator's. https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/CNAMEs.html */
function nameHint({ domain: name }: StackOptions, outputs: StackOutputs, local: boolean): string[] {
  if (name === undefined) return [];
  const { domain: edge = '' } = outputs;
  const [address = '', port = ''] = edge.split(':');
  return local
    ? ['', `For https://${name}:${port} a line of the hosts file is needed:`, `  ${address}  ${name}`]
    : ['', 'Point the name at the edge in your DNS, if it is not yet:', `  ${name}  CNAME  ${edge}`];
}
