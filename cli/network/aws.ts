import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { S3Client } from '@aws-sdk/client-s3';
import type { STSClient } from '@aws-sdk/client-sts';
import { omitUndefined } from '../../protocol/omit-undefined.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { folderOf, readAccessKey } from '../local-cloud/access-key.ts';
import type { LocalCloud } from '../settings/deployments.ts';
import { isLoopback } from '../settings/edge-url.ts';
import { openDispatcher } from './dispatcher.ts';
import { SdkHandler } from './sdk-handler.ts';

/** Lambda@Edge functions, and so the whole stack, must be in this region. */
export const STACK_REGION = 'us-east-1';

/** What an operator's commands talk to. */
export interface OperatorClients {
  readonly cloudformation: CloudFormationClient;
  readonly cognito: CognitoIdentityProviderClient;
  readonly s3: S3Client;
  readonly lambda: LambdaClient;
  readonly sts: STSClient;
  /** Loaded when asked for: few commands need it. */
  readonly iam: () => Promise<IAMClient>;
  /** A replica of the edge function logs in the region that it runs in. */
  readonly logsIn: (region: string) => Promise<CloudWatchLogsClient>;
  /** Where the pool's public documents are: a base URL without a trailing slash. */
  readonly cognitoUrl: string;
  close(): void;
}

/** Which cloud an operator works on, and as whom. */
export interface CloudChoice {
  readonly local?: LocalCloud | undefined;
  /** Named profile of the AWS configuration; absent: `AWS_PROFILE` or the SDK's own chain. */
  readonly profile?: string | undefined;
  /** Ends every request once aborted. Work that must come to an end, such as a deploy, passes none. */
  readonly signal?: AbortSignal;
}

/**
 * The endpoint that the environment names for a service, as every AWS tool reads it.
 * @throws {UserError} `settings` for what is no address.
 */
function endpointFromEnv(env: Context['env'], service: string): string | undefined {
  if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === 'true') return undefined;
  const name = [`AWS_ENDPOINT_URL_${service}`, 'AWS_ENDPOINT_URL'].find((one) => env[one]);
  const value = name === undefined ? undefined : env[name];
  if (value === undefined || (/^https?:\/\/[^/]/i.test(value) && URL.canParse(value))) return value;
  throw new UserError('settings', `The environment variable ${name} is not an http or https address.`, {
    hint: ['Correct it, or use AWS without it:', `  unset ${name}`],
  });
}

const COGNITO = 'COGNITO_IDENTITY_PROVIDER';

const withoutSlash = (url: string) => url.replace(/\/+$/, '');

/** The user pool of an edge, as those who sign in reach it. */
export interface PoolPlace {
  /** Address of the edge that trusts the pool. */
  readonly url: string;
  readonly region: string;
  readonly local?: LocalCloud;
}

function onThisComputer(url: string): boolean {
  return isLoopback(new URL(url).hostname);
}

/**
 * Returns the endpoint that passwords' proofs and tokens of a pool are sent to: AWS's own of its region. `AWS_ENDPOINT_URL`
 * does not change that. Only the pool of an edge on this computer, which is in an embedded cloud, is reached at that cloud's
 * endpoint: the one that this computer knows, else the one on this computer that the environment names.
 */
export function poolEndpoint(env: Context['env'], { url, region, local }: PoolPlace): string {
  if (local !== undefined) return withoutSlash(local.endpoint);
  const named = onThisComputer(url) ? endpointFromEnv(env, COGNITO) : undefined;
  if (named !== undefined && onThisComputer(named)) return withoutSlash(named);
  return `https://cognito-idp.${region}.amazonaws.com`;
}

/** Returns a client for the operations that need no AWS credentials: signing in, refreshing, revoking. */
export async function publicCognito(
  { env }: Pick<Context, 'env'>,
  place: PoolPlace,
): Promise<CognitoIdentityProviderClient> {
  const { region, local } = place;
  const sdk = await import('@aws-sdk/client-cognito-identity-provider');
  return new sdk.CognitoIdentityProviderClient({
    region,
    endpoint: poolEndpoint(env, place),
    requestHandler: new SdkHandler(openDispatcher({ env, local })),
    // These operations are never signed; without this the SDK would still look for credentials on this computer.
    credentials: { accessKeyId: 'unsigned', secretAccessKey: 'unsigned' },
    maxAttempts: 4,
  });
}

/** Signed clients: the SDK's ordinary credential chain, or the access key of the embedded cloud that a local deployment lives in. */
export async function operatorClients(
  { env }: Pick<Context, 'env'>,
  { local, profile, signal }: CloudChoice,
): Promise<OperatorClients> {
  const [cloudformation, cognito, s3, lambda, sts] = await Promise.all([
    import('@aws-sdk/client-cloudformation'),
    import('@aws-sdk/client-cognito-identity-provider'),
    import('@aws-sdk/client-s3'),
    import('@aws-sdk/client-lambda'),
    import('@aws-sdk/client-sts'),
  ]);
  const dispatcher = openDispatcher({ env, local });
  const handler = new SdkHandler(dispatcher, signal);
  const common = {
    region: STACK_REGION,
    requestHandler: handler,
    maxAttempts: 8,
    retryMode: 'adaptive',
    ...omitUndefined({ profile }),
    ...(local && {
      endpoint: local.endpoint,
      credentials: () => readAccessKey(folderOf(local)),
    }),
  };
  const s3Endpoint = local?.endpoint ?? endpointFromEnv(env, 'S3');
  return {
    cloudformation: new cloudformation.CloudFormationClient(common),
    cognito: new cognito.CognitoIdentityProviderClient(common),
    // A custom endpoint seldom has a name for each bucket.
    s3: new s3.S3Client({ ...common, forcePathStyle: s3Endpoint !== undefined }),
    lambda: new lambda.LambdaClient(common),
    sts: new sts.STSClient(common),
    iam: async () => new (await import('@aws-sdk/client-iam')).IAMClient(common),
    logsIn: async (region) =>
      new (await import('@aws-sdk/client-cloudwatch-logs')).CloudWatchLogsClient({ ...common, region }),
    cognitoUrl: withoutSlash(
      local?.endpoint ?? endpointFromEnv(env, COGNITO) ?? `https://cognito-idp.${STACK_REGION}.amazonaws.com`,
    ),
    close: () => void dispatcher.close(),
  };
}
