import { dirname, join } from 'node:path';
import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { KMSClient } from '@aws-sdk/client-kms';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { S3Client } from '@aws-sdk/client-s3';
import type { STSClient } from '@aws-sdk/client-sts';
import { omitUndefined } from '../../protocol/fields.ts';
import { isLoopback } from '../../protocol/object-url.ts';
import { command } from '../command-line.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { LocalCloud } from '../settings/deployments.ts';
import { readIfThere } from '../settings/own-files.ts';
import {
  type AwsSettings,
  endpointFromEnv,
  NO_SETTINGS,
  readAwsSettings,
  type Service,
} from './aws-settings.ts';
import { SdkHandler } from './bounded-requests.ts';
import { openDispatcher } from './dispatcher.ts';

/** Lambda@Edge functions, and so the whole stack, must be in this region. */
export const STACK_REGION = 'us-east-1';

/** The clients of an operator's commands. */
export interface OperatorClients {
  readonly cloudformation: CloudFormationClient;
  readonly cognito: CognitoIdentityProviderClient;
  readonly s3: S3Client;
  readonly lambda: LambdaClient;
  readonly lambdaIn: (region: string) => LambdaClient;
  readonly sts: STSClient;
  /** Loaded on demand, as KMS is: few commands need it. */
  readonly iam: () => Promise<IAMClient>;
  readonly kms: () => Promise<KMSClient>;
  /** A replica of the edge function logs in the region that it runs in. */
  readonly logsIn: (region: string) => Promise<CloudWatchLogsClient>;
  /** Base URL of the pool's public documents, without a trailing slash. */
  readonly cognitoUrl: string;
  close(): void;
}

/** Which cloud an operator works on, and as whom. */
export interface CloudChoice {
  readonly local?: LocalCloud | undefined;
  /** Named profile of the AWS configuration; absent: `AWS_PROFILE`, else the default chain. */
  readonly profile?: string | undefined;
  /** Ends every request once aborted. */
  readonly signal?: AbortSignal;
}

/** Retries that take seconds are notes of the ui. */
type ClientPlace = Pick<Context, 'env' | 'sent' | 'home' | 'execPath'> & Partial<Pick<Context, 'ui'>>;

const withoutSlash = (url: string) => url.replace(/\/+$/, '');

const cognitoOf = (region: string) => `https://cognito-idp.${region}.amazonaws.com`;

/** The user pool of an edge, as those who sign in reach it. */
export interface PoolPlace {
  /** Address of the edge that trusts the pool. */
  readonly url: string;
  readonly region: string;
  readonly local?: LocalCloud;
}

/** Returns true for the address of a service on this computer. */
export function isOnThisComputer(url: string): boolean {
  return isLoopback(new URL(url).hostname);
}

/**
 * Returns the endpoint that password proofs and tokens of a pool are sent to: the endpoint of AWS in the pool's region.
 * `AWS_ENDPOINT_URL` does not change that. An edge on this computer is in an embedded cloud: its pool is at that cloud's
 * endpoint, which this computer remembers, or which the environment names.
 */
export function poolEndpoint(env: Context['env'], { url, region, local }: PoolPlace): string {
  if (local !== undefined) return withoutSlash(local.endpoint);
  const named = isOnThisComputer(url) ? endpointFromEnv(env, 'COGNITO_IDENTITY_PROVIDER') : undefined;
  return named !== undefined && isOnThisComputer(named) ? withoutSlash(named) : cognitoOf(region);
}

/**
 * Returns every setting that an SDK client would otherwise look up in `process.env` and in the files that it names.
 * https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html
 */
function explicit({ useFipsEndpoint, useDualstackEndpoint }: AwsSettings) {
  return {
    useFipsEndpoint,
    useDualstackEndpoint,
    ignoreConfiguredEndpointUrls: true,
    defaultsMode: 'legacy' as const,
    authSchemePreference: [] as string[],
    disableClockSkewCorrection: false,
    userAgentAppId: async () => undefined,
  };
}

const EXPLICIT_S3 = {
  useArnRegion: false,
  disableS3ExpressSessionAuth: false,
  requestChecksumCalculation: 'WHEN_SUPPORTED',
  responseChecksumValidation: 'WHEN_SUPPORTED',
  sigv4aSigningRegionSet: async () => undefined,
} as const;

/** Returns a client for the operations that need no AWS credentials: signing in, refreshing, revoking. */
export async function publicCognito(
  { env, sent }: Pick<Context, 'env' | 'sent'>,
  place: PoolPlace,
): Promise<CognitoIdentityProviderClient> {
  const { region, local } = place;
  const sdk = await import('@aws-sdk/client-cognito-identity-provider');
  return new sdk.CognitoIdentityProviderClient({
    ...explicit(NO_SETTINGS),
    region,
    endpoint: poolEndpoint(env, place),
    requestHandler: new SdkHandler(openDispatcher({ env, sent, local })),
    // These operations are not signed, but the SDK would look for credentials all the same.
    credentials: { accessKeyId: 'unsigned', secretAccessKey: 'unsigned' },
    maxAttempts: 4,
    retryMode: 'standard',
  });
}

/** Returns what all clients of an operator, or of an AWS workload, are created with. */
async function clientSettings(context: ClientPlace, { local, profile, signal }: CloudChoice) {
  const [settings, { awsCredentials }, { ATTEMPTS, awsRetries }] = await Promise.all([
    local === undefined ? readAwsSettings(context, profile) : NO_SETTINGS,
    import('./aws-credentials.ts'),
    import('./aws-retries.ts'),
  ]);
  const endpointOf = (service: Service, region = STACK_REGION) => {
    const endpoint = local?.endpoint ?? settings.endpoint(service);
    // An endpoint of AWS serves the region in its name alone.
    return region !== STACK_REGION && endpoint?.includes(`.${STACK_REGION}.`) ? undefined : endpoint;
  };
  const dispatcher = openDispatcher({ env: context.env, sent: context.sent, local });
  const retriesOf = awsRetries(omitUndefined({ ui: context.ui, signal }));
  const common = {
    ...explicit(settings),
    region: STACK_REGION,
    requestHandler: new SdkHandler(dispatcher, signal),
    maxAttempts: ATTEMPTS,
    credentials:
      local === undefined
        ? awsCredentials({ ...context, profile, region: STACK_REGION, signal })
        : () => readAccessKey(folderOf(local)),
  };
  return {
    endpointOf,
    configured: (service: Service, region = STACK_REGION) => ({
      ...common,
      region,
      retryStrategy: retriesOf(service),
      ...omitUndefined({ endpoint: endpointOf(service, region) }),
    }),
    close: () => void dispatcher.close(),
  };
}

/** Returns the STS client of {@link operatorClients} alone, without loading the other clients. */
export async function stsClient(
  context: ClientPlace,
  choice: CloudChoice,
): Promise<Pick<OperatorClients, 'sts' | 'close'>> {
  const { STSClient } = await import('@aws-sdk/client-sts');
  const { configured, close } = await clientSettings(context, choice);
  return { sts: new STSClient(configured('STS')), close };
}

/** Returns clients that sign with the SDK's ordinary credential chain, or with the access key of an embedded cloud. */
export async function operatorClients(context: ClientPlace, choice: CloudChoice): Promise<OperatorClients> {
  const [{ endpointOf, configured, close }, cloudformation, cognito, s3, lambda, sts] = await Promise.all([
    clientSettings(context, choice),
    import('@aws-sdk/client-cloudformation'),
    import('@aws-sdk/client-cognito-identity-provider'),
    import('@aws-sdk/client-s3'),
    import('@aws-sdk/client-lambda'),
    import('@aws-sdk/client-sts'),
  ]);
  return {
    cloudformation: new cloudformation.CloudFormationClient(configured('CLOUDFORMATION')),
    cognito: new cognito.CognitoIdentityProviderClient(configured('COGNITO_IDENTITY_PROVIDER')),
    s3: new s3.S3Client({
      ...configured('S3'),
      ...EXPLICIT_S3,
      // A custom endpoint seldom has a name for each bucket.
      forcePathStyle: endpointOf('S3') !== undefined,
    }),
    lambda: new lambda.LambdaClient(configured('LAMBDA')),
    lambdaIn: (region) => new lambda.LambdaClient(configured('LAMBDA', region)),
    sts: new sts.STSClient(configured('STS')),
    iam: async () => new (await import('@aws-sdk/client-iam')).IAMClient(configured('IAM')),
    kms: async () => new (await import('@aws-sdk/client-kms')).KMSClient(configured('KMS')),
    logsIn: async (region) => {
      const { CloudWatchLogsClient } = await import('@aws-sdk/client-cloudwatch-logs');
      return new CloudWatchLogsClient(configured('CLOUDWATCH_LOGS', region));
    },
    cognitoUrl: withoutSlash(endpointOf('COGNITO_IDENTITY_PROVIDER') ?? cognitoOf(STACK_REGION)),
    close,
  };
}

/** The access key of an embedded cloud, which the cloud creates at its first start. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * Reads the access key of the embedded cloud in a folder. It is sent only to that cloud's endpoint.
 * @throws {UserError} `local_cloud` if there is none
 */
export async function readAccessKey(dataDir: string): Promise<AccessKey> {
  const path = join(dataDir, 'keys.json');
  const text = await readIfThere(path);
  try {
    const { accessKeyId, secretAccessKey } = (JSON.parse(text ?? 'null') ?? {}) as Partial<AccessKey>;
    if (typeof accessKeyId === 'string' && typeof secretAccessKey === 'string') {
      return { accessKeyId, secretAccessKey };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UserError('local_cloud', `The embedded cloud has no access key in ${path}.`, {
    hint: ['Start it again:', command`edge-upload local stop && edge-upload local start`],
  });
}

/** Returns the folder of the embedded cloud whose authority is in `caFile`. */
export function folderOf({ caFile }: { readonly caFile: string }): string {
  return dirname(dirname(caFile));
}
