import { setTimeout as delay } from 'node:timers/promises';
import type { BakedConfig, PoolIdentity } from '../../../edge/config.ts';
import type { EdgeKeys, TrustedKeys } from '../../../infra/edge-code.ts';
import type { StackOptions } from '../../../infra/options.ts';
import type { UploadStackProps } from '../../../infra/upload-stack.ts';
import { omitUndefined, readFields } from '../../../protocol/fields.ts';
import { managedLoginOrigin } from '../../../protocol/sign-in.ts';
import { type Jwk, MAX_KEY_SET_BYTES, publishedKeysOf } from '../../../protocol/signing-key.ts';
import { command, type HintLine } from '../../command-line.ts';
import type { Context } from '../../context.ts';
import { interrupted, UserError } from '../../errors.ts';
import { REPLACE_POOL } from '../../identity/cognito-errors.ts';
import { requestText, type TextResponse } from '../../network/bounded-requests.ts';
import { openDispatcher } from '../../network/dispatcher.ts';
import { isRedirect } from '../../network/failures.ts';
import { networkFailure } from '../../network/network-failure.ts';
import { sameCommand } from '../../same-command.ts';
import type { LocalCloud } from '../../settings/deployments.ts';
import { temporaryError } from '../../settings/disk-errors.ts';
import { onAws } from '../aws-calls.ts';
import type { FoundStack, StackOutputs, StackWork } from '../find-stack.ts';

/**
 * Bytes of a template that CloudFormation reads from a bucket.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
 */
const TEMPLATE_LIMIT_BYTES = 1_000_000;

/** Returns the stack's template. Loads the CDK, several megabytes, on demand. */
export async function createTemplate(props: UploadStackProps): Promise<string> {
  const { synthesize } = await import('../../../infra/upload-stack.ts');
  const { template, bytes } = onTemporaryFolder(() => synthesize(props));
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

/** How key sets are requested. */
interface KeySource {
  readonly context: Pick<Context, 'env' | 'sent' | 'signal'>;
  readonly local?: LocalCloud | undefined;
}

interface KeySetRequest {
  readonly url: string;
  /** Of errors, such as `the user pool`. */
  readonly whose: string;
  readonly hint: readonly HintLine[];
  /** Used instead for a status which shows that the issuer no longer exists. */
  readonly ifGone?: readonly HintLine[];
  /** Number of requests until a response is a key set. Default: one. */
  readonly tries?: number;
}

/** Milliseconds for one response. */
const DEADLINE_MS = 20_000;

/** Returns the keys in a response that verify tokens, or why there is none. */
function keysOf({ status, text }: TextResponse): readonly Jwk[] | string {
  if (status !== 200) return isRedirect(status) ? `it redirects (status ${status})` : `status ${status}`;
  if (Buffer.byteLength(text) > MAX_KEY_SET_BYTES)
    return `the response has more than ${MAX_KEY_SET_BYTES} bytes`;
  const keySet = readFields(text);
  if (keySet === undefined)
    return 'the response is not a JSON object. A proxy or the sign-in page of a network may be in between';
  const keys = publishedKeysOf(keySet);
  return keys.length === 0 ? 'the response contains no key that verifies tokens' : keys;
}

/**
 * Returns the keys of an issuer that verify tokens. Redirects are not followed.
 * @throws {UserError} `unreachable`, `tls`, `settings` or `interrupted`
 */
export async function fetchKeySet(
  { url, whose, hint, ifGone = hint, tries = 1 }: KeySetRequest,
  { context: { env, sent, signal }, local }: KeySource,
): Promise<readonly Jwk[]> {
  const dispatcher = openDispatcher({ env, sent, local });
  const bounds = { deadlineMs: DEADLINE_MS, maxBytes: MAX_KEY_SET_BYTES + 1 };
  let defect = '';
  let isGone = false;
  try {
    for (let tried = 0; tried < tries; tried += 1) {
      if (tried > 0) await delay(500 * 2 ** (tried - 1), undefined, { signal });
      const response = await requestText(url, { dispatcher, signal, ...bounds });
      const keys = keysOf(response);
      if (typeof keys !== 'string') return keys;
      defect = keys;
      isGone = response.status === 400 || response.status === 404;
    }
  } catch (error) {
    if (signal.aborted) throw interrupted();
    const failure = networkFailure(error, new URL(url).host);
    if (failure === undefined) throw error;
    throw new UserError(failure.code, `The keys of ${whose} are unavailable: ${failure.message}`, {
      hint: [...failure.hintLines, ...hint],
      cause: error,
    });
  } finally {
    await dispatcher.close();
  }
  throw new UserError('unreachable', `The keys of ${whose} are unavailable at ${url}: ${defect}.`, {
    hint: isGone ? ifGone : hint,
  });
}

/** Requests for a new pool's keys, which may be served a moment later than the pool exists. */
const POOL_TRIES = 6;

/** Returns the pool's ids and public keys; `undefined` before the pool exists. */
export async function poolIdentity(
  source: KeySource & { readonly clients: Pick<StackWork['clients'], 'cognitoUrl'> },
  { userPoolId, clientId, domain }: StackOutputs,
): Promise<PoolIdentity | undefined> {
  if (userPoolId === undefined || clientId === undefined) return undefined;
  // Without an edge yet, the deploy that created the pool is unfinished.
  const isNew = domain === undefined;
  const hint = [isNew ? 'What was created so far is kept. To continue:' : 'To try again:', sameCommand``];
  const keys = await fetchKeySet(
    {
      url: `${source.clients.cognitoUrl}/${userPoolId}/.well-known/jwks.json`,
      whose: 'the user pool',
      hint,
      ifGone: isNew ? [...hint, ...REPLACE_POOL] : REPLACE_POOL,
      tries: POOL_TRIES,
    },
    source,
  );
  return { userPoolId, clientId, jwks: { keys } };
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

/** What {@link bakedConfig} reads of a template. */
interface Template {
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
  const { TemplateBody = '{}' } = await onAws(`Reading the template of the stack “${stackName}”`, () =>
    clients.cloudformation.send(new GetTemplateCommand({ StackName: stackId, TemplateStage: 'Original' })),
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
