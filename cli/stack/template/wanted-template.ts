import type { EdgeKeys, TrustedKeys } from '../../../infra/edge-code.ts';
import type { StackOptions } from '../../../infra/options.ts';
import type { UploadStackProps } from '../../../infra/upload-stack.ts';
import { omitUndefined } from '../../../protocol/fields.ts';
import { managedLoginOrigin } from '../../../protocol/sign-in-callback.ts';
import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import type { FoundStack, StackOutputs } from '../find-stack.ts';
import type { StackWork } from '../stack-work.ts';
import { poolIdentity } from './key-sets.ts';

/**
 * Bytes of a template that CloudFormation reads from a bucket.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
 */
const TEMPLATE_LIMIT_BYTES = 1_000_000;

/** Returns the stack's template. Loads the CDK, several megabytes, on demand. */
export async function makeTemplate(props: UploadStackProps): Promise<string> {
  const { synthesize } = await import('../../../infra/upload-stack.ts');
  const { template, bytes } = synthesize(props);
  if (bytes <= TEMPLATE_LIMIT_BYTES) return template;
  throw new UserError(
    'usage',
    `The template has ${bytes} bytes; CloudFormation takes ${TEMPLATE_LIMIT_BYTES}. Nothing was changed.`,
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

interface Baking {
  /** Absent for a new stack. */
  readonly stackId?: string;
  readonly outputs: StackOutputs;
  readonly options: StackOptions;
  readonly trusted: TrustedKeys;
}

/** Returns what a deploy bakes into the edge function; `undefined` before the stack has what it takes. */
export async function edgeKeys(
  { context: { env, sent, signal }, clients: { cognitoUrl }, local }: StackWork,
  { stackId, outputs, options: { userPool = true, page, idp }, trusted }: Baking,
): Promise<EdgeKeys | undefined> {
  if (outputs.bucket === undefined) return undefined;
  if (!userPool) return trusted;
  const pool = await poolIdentity(outputs, { cognitoUrl, env, sent, signal, local });
  // On AWS, the page finds the pool's API by its region.
  const userPoolEndpoint = page ? local?.endpoint : undefined;
  const managedLogin =
    page && idp !== undefined && stackId !== undefined ? managedLoginOrigin(stackId) : undefined;
  if (pool !== undefined)
    return { pool: { ...pool, ...omitUndefined({ userPoolEndpoint, managedLogin }) }, ...trusted };
  // An edge stays while a user pool is added.
  return outputs.domain === undefined ? undefined : trusted;
}

/** Returns the template that a deploy would apply to the stack as it is now; of a new stack, the half that comes first. */
export async function wantedTemplate(
  work: StackWork,
  stack: FoundStack | undefined,
  options: StackOptions,
  trusted: TrustedKeys,
): Promise<string> {
  const { outputs = {}, id: stackId } = stack ?? {};
  const edge = await edgeKeys(work, { outputs, options, trusted, ...omitUndefined({ stackId }) });
  return makeTemplate({ stackName: work.stackName, options, ...omitUndefined({ edge }) });
}
