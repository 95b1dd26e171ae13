import type { BakedConfig } from '../../../edge/config.ts';
import type { EdgeKeys, TrustedKeys } from '../../../infra/edge-code.ts';
import { OPTIONS_METADATA, type StackOptions } from '../../../infra/options.ts';
import type { UploadStackProps } from '../../../infra/upload-stack.ts';
import { omitUndefined, readFields } from '../../../protocol/fields.ts';
import { managedLoginOrigin } from '../../../protocol/sign-in.ts';
import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { compareWithThis, packageVersion } from '../../package-root.ts';
import { temporaryError } from '../../settings/disk-errors.ts';
import { onAws } from '../aws-calls.ts';
import { unexpectedAwsResponse } from '../aws-failures.ts';
import type { FoundStack, StackWork } from '../find-stack.ts';
import { keysIn, poolIdentity } from './key-sets.ts';

/**
 * Bytes of a template that CloudFormation reads from a bucket.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
 */
const TEMPLATE_LIMIT_BYTES = 1_000_000;

/** Returns the stack's template. Loads the CDK, several megabytes, on demand. */
export async function createTemplate(props: Omit<UploadStackProps, 'version'>): Promise<string> {
  const { synthesize } = await import('../../../infra/upload-stack.ts');
  const version = packageVersion();
  const { template, bytes } = onTemporaryFolder(() => synthesize({ ...props, version }));
  if (bytes <= TEMPLATE_LIMIT_BYTES) return template;
  throw new UserError(
    'usage',
    `The template has ${bytes} bytes; CloudFormation accepts ${TEMPLATE_LIMIT_BYTES}. Nothing was changed.`,
    {
      hint: [
        'Trust fewer issuers, or use fewer options:',
        command`edge-upload trust list`,
        'Thousands of revoked links and keys are forgotten with a new signing key:',
        command`edge-upload key rotate --drop`,
      ],
    },
  );
}

/** Runs work that creates a temporary folder, which fails by its `mkdtemp`. */
function onTemporaryFolder<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const isFolder = error instanceof Error && 'syscall' in error && error.syscall === 'mkdtemp';
    throw isFolder ? temporaryError(error) : error;
  }
}

/** Returns what a deploy bakes into the edge function; `undefined` before the stack has it. */
export async function edgeKeys(
  work: StackWork,
  stack: FoundStack | undefined,
  { userPool = true, page, idp }: StackOptions,
  trusted: TrustedKeys,
): Promise<EdgeKeys | undefined> {
  if (stack?.outputs.bucket === undefined) return undefined;
  if (!userPool) return trusted;
  const pool = await poolIdentity(work, stack.outputs);
  // An edge stays while a user pool is added.
  if (pool === undefined) return stack.outputs.domain === undefined ? undefined : trusted;
  // On AWS, the page finds the pool's API by its region.
  const userPoolEndpoint = page ? work.local?.endpoint : undefined;
  const managedLogin = page && idp !== undefined ? managedLoginOrigin(stack.id) : undefined;
  return { pool: { ...pool, ...omitUndefined({ userPoolEndpoint, managedLogin }) }, ...trusted };
}

/** Returns the template that a deploy would apply to the stack as it is now; of a new stack, the half that comes first. */
export async function wantedTemplate(
  work: StackWork,
  stack: FoundStack | undefined,
  options: StackOptions,
  trusted: TrustedKeys,
): Promise<string> {
  const edge = await edgeKeys(work, stack, options, trusted);
  return createTemplate({ stackName: work.stackName, options, edge });
}

/** What is read of a template: the version that deployed it, and the code of its function. */
interface Template {
  readonly Metadata?: { readonly [OPTIONS_METADATA]?: { readonly version?: unknown } };
  readonly Resources?: Readonly<
    Record<
      string,
      { readonly Type: string; readonly Properties?: { readonly Code?: { readonly ZipFile?: unknown } } }
    >
  >;
}

/** A stack, and the template that it was made from. */
export interface DeployedStack {
  readonly stack: FoundStack;
  readonly template: string;
}

/** Returns the template that the stack was made from, as it was sent. */
export async function deployedTemplate({ clients, stackName }: StackWork, stackId: string): Promise<string> {
  const { GetTemplateCommand } = await import('@aws-sdk/client-cloudformation');
  const doing = `Reading the template of the stack “${stackName}”`;
  const { TemplateBody } = await onAws(doing, () =>
    clients.cloudformation.send(new GetTemplateCommand({ StackName: stackId, TemplateStage: 'Original' })),
  );
  // Without a template, a deploy would reset all options.
  if (TemplateBody === undefined) throw unexpectedAwsResponse('CloudFormation', doing, 'it has no template');
  // The CDK's command line, for example, deploys YAML.
  if (readFields(TemplateBody) === undefined)
    throw new UserError(
      'stack_foreign',
      `The template of the stack “${stackName}” is not JSON: edge-upload did not deploy it.`,
      { hint: 'Use the tool that deployed it, or name another stack with --stack-name <name>.' },
    );
  return TemplateBody;
}

/** Returns the template of a stack. `undefined` where there is none, or one that is only planned, which has no template. */
export async function templateIfThere(
  work: StackWork,
  stack: FoundStack | undefined,
): Promise<string | undefined> {
  if (stack === undefined || stack.status === 'REVIEW_IN_PROGRESS') return undefined;
  return deployedTemplate(work, stack.id);
}

/** Returns the version that deployed a template, if it is later than this one. */
export async function laterVersion(templateBody = '{}'): Promise<string | undefined> {
  const { Metadata } = JSON.parse(templateBody) as Template;
  const version = Metadata?.[OPTIONS_METADATA]?.version;
  const isLater = typeof version === 'string' && ((await compareWithThis(version)) ?? 0) > 0;
  return isLater ? version : undefined;
}

/** Refuses to replace the edge of a later version with this one's, which can lack what that edge verifies or refuses. */
export async function refuseDowngrade({ stackName }: StackWork, templateBody?: string): Promise<void> {
  const version = await laterVersion(templateBody);
  if (version === undefined) return;
  const message = `edge-upload ${version} deployed the stack “${stackName}”; this is ${packageVersion()}, whose edge is older. Nothing was changed.`;
  throw new UserError('stack_failed', message, {
    hint: [
      'Use that version, or a later one:',
      command`npm install --global edge-upload@${version}`,
      'To go back to the older edge on purpose:',
      command`edge-upload deploy --allow-downgrade`,
    ],
  });
}

/** Returns what is baked into the edge function of a template: see infra/edge-code.ts. `undefined` without a function. */
export function bakedConfig(templateBody = '{}'): BakedConfig | undefined {
  const { Resources = {} } = JSON.parse(templateBody) as Template;
  for (const { Type, Properties } of Object.values(Resources)) {
    const code = Properties?.Code?.ZipFile;
    if (Type !== 'AWS::Lambda::Function' || typeof code !== 'string') continue;
    const [, config] = /^const EDGE_CONFIG=(\{.*\});\n/.exec(code) ?? [];
    if (config !== undefined) return JSON.parse(config) as BakedConfig;
  }
  return undefined;
}

/** Returns the keys of trusted issuers, and the signing keys, as they are baked. */
export function bakedKeys(templateBody: string, { trust = [] }: StackOptions): TrustedKeys {
  const config = bakedConfig(templateBody);
  const keySets = trust.map(({ alias }) => [alias, keysIn(config, alias) ?? []] as const);
  return {
    keySets: Object.fromEntries(keySets),
    ...omitUndefined({ bakedAt: config?.bakedAt, signing: config?.signing?.keys }),
  };
}
