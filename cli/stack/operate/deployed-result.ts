import type { StackOptions } from '../../../infra/options.ts';
import { omitUndefined } from '../../../protocol/fields.ts';
import { command, type HintLine } from '../../command-line.ts';
import type { Context, Result } from '../../context.ts';
import { isUserError, UserError } from '../../errors.ts';
import { STACK_REGION } from '../../network/aws.ts';
import { type Deployment, isEdgeUrl, rememberDeployment, useForHints } from '../../settings/deployments.ts';
import { keyPolicyFor } from '../checks/kms-key.ts';
import { countUsers, type FoundStack, OUTPUT, type StackOutputs, type StackWork } from '../find-stack.ts';
import { describeOptions, optionsJson } from '../options/deployed-options.ts';
import { describeIssuer } from '../options/trusted-issuers.ts';
import { forgetKept, keepBooks, placeOf } from '../remains.ts';
import type { Agreement } from './plan.ts';

/** Returns the result of a dry run. */
export function plannedResult(stackName: string, { steps, lines }: Agreement): Result {
  return {
    document: {
      stackName,
      outcome: 'planned',
      plan: steps.map(({ what, logicalId, type, properties, loses }) => ({
        what,
        logicalId,
        type,
        ...omitUndefined({ loses }),
        properties: [...properties],
      })),
    },
    text: steps.length === 0 ? 'Nothing would be changed.' : [...lines],
  };
}

interface Deployed {
  readonly outcome: 'changed' | 'unchanged';
  readonly stack: FoundStack | undefined;
  readonly url: string;
  readonly options: StackOptions;
  readonly previous: StackOptions;
  /** Whether the policy of the KMS key that objects are encrypted with was shown before the change. */
  readonly isPolicyShown: boolean;
}

/** Returns what a deploy prints at its end. */
export async function deployedResult(work: StackWork, deployed: Deployed): Promise<Result> {
  const { stackName, local } = work;
  const { outcome, stack, url, options, isPolicyShown } = deployed;
  const { outputs = {} } = stack ?? {};
  const { kmsKeyArn } = options;
  const needsKeyPolicy = kmsKeyArn !== undefined && outcome === 'changed';
  const keyPolicy = needsKeyPolicy ? await keyPolicyFor(work, stack, kmsKeyArn) : undefined;
  const named = (['domain', 'bucket', 'userPoolId', 'clientId'] as const).flatMap((key) => {
    const value = outputs[key];
    return value === undefined ? [] : [[OUTPUT[key], value] as const];
  });
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
      ...omitUndefined({ keyPolicyStatement: keyPolicy?.statement }),
    },
    text: [
      { mark: 'done', text: headline },
      `  ${url}`,
      '',
      ...named.map(([name, value]) => `  ${name.padEnd(26)}${value}`),
      ...describeOptions(options).flatMap(({ flag, value, text }) =>
        value === undefined ? [] : [`  ${flag.padEnd(26)}${text}`],
      ),
      ...(options.trust ?? []).map((one) => `  ${`trust ${one.alias}`.padEnd(26)}${describeIssuer(one)}`),
      ...nameHint(options, outputs, local !== undefined),
      ...(keyPolicy === undefined || isPolicyShown ? [] : ['', ...keyPolicy.lines]),
      ...(await nextSteps(work, outputs, deployed)),
    ],
  };
}

/** The operator manages the DNS. https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/CNAMEs.html */
function nameHint({ domain: name }: StackOptions, outputs: StackOutputs, local: boolean): string[] {
  if (name === undefined) return [];
  const { domain: edge = '' } = outputs;
  const [address = '', port = ''] = edge.split(':');
  return local
    ? ['', `For https://${name}:${port} add a line to the hosts file:`, `  ${address}  ${name}`]
    : ['', 'Point the name at the edge in your DNS, unless it does so already:', `  ${name}  CNAME  ${edge}`];
}

/** The next steps while nobody can sign in. */
const FIRST_USER = [
  '',
  'Next, create a user and sign in:',
  command`edge-upload login --create --email you@example.com`,
  'Or create a user for somebody else:',
  command`edge-upload user add ada --email ada@example.com`,
];

/** The next steps without a user pool while no issuer is trusted. */
const FIRST_ISSUER = [
  '',
  'Nobody can upload yet. Trust an identity provider or a CI system:',
  command`edge-upload trust --help`,
];

/** The next steps after a deploy that adds the upload page. */
const FIRST_LINK = [
  '',
  'For somebody without an account, create a link to the page:',
  command`edge-upload link create`,
];

/** Returns the next steps after a deploy. */
async function nextSteps(
  work: StackWork,
  outputs: StackOutputs,
  { options, previous }: Deployed,
): Promise<readonly HintLine[]> {
  const { userPool = true, trust = [], page } = options;
  const nobody = userPool ? await hasNoUsers(work, outputs) : trust.length === 0;
  const first = userPool ? FIRST_USER : FIRST_ISSUER;
  return [
    ...confirmationLines(previous, options, work.local !== undefined),
    ...(nobody ? first : []),
    ...(page && !previous.page ? FIRST_LINK : []),
  ];
}

/** Whether the pool has no user yet; false if that is unknown. */
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

/** https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html */
function confirmationLines(
  { notify: before = [] }: StackOptions,
  { notify: after = [] }: StackOptions,
  local: boolean,
): HintLine[] {
  const added = after.filter((address) => !before.includes(address));
  if (added.length === 0) return [];
  return [
    '',
    `Not confirmed yet: ${added.join(', ')}`,
    'AWS sends an e-mail with a link to each address. Its owner must open the link within two days.',
    ...(local
      ? ['In the embedded cloud, e-mails are files. Their folder:', command`edge-upload local status`]
      : []),
  ];
}

/**
 * Stores the deployment on this computer as the current one, and returns it.
 * @throws {UserError} `stack_failed` for a stack without our outputs
 */
export async function remember(
  context: Context,
  work: StackWork,
  outputs: StackOutputs,
  { userPool = true }: StackOptions,
): Promise<Deployment> {
  const { stackName } = work;
  const { domain, userPoolId, clientId, bucket } = outputs;
  const hasPool = userPoolId !== undefined && clientId !== undefined;
  const url = `https://${domain}`;
  if (domain === undefined || !isEdgeUrl(url) || bucket === undefined || hasPool !== userPool) {
    throw new UserError(
      'stack_failed',
      `The stack “${stackName}” lacks an output that edge-upload's own template has.`,
      { hint: 'It may be the stack of another tool. Choose another name with --stack-name.' },
    );
  }
  const { stackName: name, ...place } = await placeOf(work);
  const pool = hasPool ? { region: STACK_REGION, userPoolId, clientId } : {};
  const deployment = { name, url, ...pool, bucket, ...place };
  // The name of the stack is enough for every command.
  const consequence = 'The deployment is not recorded on this computer: name it with --stack-name.';
  await keepBooks(context, consequence, async () => {
    await rememberDeployment(context, deployment);
    await forgetKept(context, bucket);
  });
  await useForHints(context, { stackName: name, local: work.local !== undefined, operated: true });
  return deployment;
}
