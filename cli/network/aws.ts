import { omitUndefined } from '../../protocol/fields.ts';
import type { Context } from '../context.ts';
import { folderOf, type LocalCloud, readAccessKey } from '../settings/deployments.ts';
import { type AwsSettings, NO_SETTINGS, readAwsSettings, type Service } from './aws-settings.ts';
import { openDispatcher } from './dispatcher.ts';
import { SdkHandler } from './sdk-handler.ts';

/** Lambda@Edge functions, and so the whole stack, must be in this region. */
export const STACK_REGION = 'us-east-1';

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

export const withoutSlash = (url: string) => url.replace(/\/+$/, '');
export const cognitoOf = (region: string) => `https://cognito-idp.${region}.amazonaws.com`;

/**
 * Returns every setting that an SDK client would otherwise look up in `process.env` and in the files that it names.
 * https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html
 */
export function explicitSettings({ useFipsEndpoint, useDualstackEndpoint }: AwsSettings) {
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
    ...explicitSettings(settings),
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

/** The clients of an operator's commands. */
export type OperatorClients = Awaited<ReturnType<typeof operatorClients>>;

/** Returns clients that sign with the SDK's ordinary credential chain, or with the access key of an embedded cloud. */
export async function operatorClients(context: ClientPlace, choice: CloudChoice) {
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
    lambdaIn: (region: string) => new lambda.LambdaClient(configured('LAMBDA', region)),
    sts: new sts.STSClient(configured('STS')),
    // Loaded on demand: few commands need them.
    iam: async () => new (await import('@aws-sdk/client-iam')).IAMClient(configured('IAM')),
    kms: async () => new (await import('@aws-sdk/client-kms')).KMSClient(configured('KMS')),
    /** A replica of the edge function logs in the region that it runs in. */
    logsIn: async (region: string) => {
      const { CloudWatchLogsClient } = await import('@aws-sdk/client-cloudwatch-logs');
      return new CloudWatchLogsClient(configured('CLOUDWATCH_LOGS', region));
    },
    /** Base URL of the pool's public documents, without a trailing slash. */
    cognitoUrl: withoutSlash(endpointOf('COGNITO_IDENTITY_PROVIDER') ?? cognitoOf(STACK_REGION)),
    close,
  };
}
