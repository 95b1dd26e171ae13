import { pipeline, type Readable, Transform } from 'node:stream';
import type { HttpHandlerOptions, HttpRequest, HttpResponse } from '@smithy/types';
import type { Dispatcher } from 'undici';
import { omitUndefined } from '../../protocol/fields.ts';
import type { Context } from '../context.ts';
import { folderOf, type LocalCloud, readAccessKey } from '../settings/deployments.ts';
import { type AwsSettings, NO_SETTINGS, readAwsSettings, type Service } from './aws-settings.ts';
import { openDeadline, orAborted } from './cancellation.ts';
import { openDispatcher } from './dispatcher.ts';
import { findFailure, isTimeout, isTransient, refuseForeign } from './failures.ts';

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

function target({ protocol, hostname, port, path, query }: HttpRequest): { origin: string; path: string } {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]) => {
    const key = encodeURIComponent(name);
    if (value === null) return [key];
    return [value].flat().map((one) => `${key}=${encodeURIComponent(one)}`);
  });
  return {
    origin: `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`,
    path: pairs.length === 0 ? path : `${path}?${pairs.join('&')}`,
  };
}

/** Milliseconds for the response headers, including 1xx responses. */
const HEAD_MS = 60_000;
/** Milliseconds for the next byte. */
const SILENCE_MS = 30_000;
/** Milliseconds for a whole body. A long body of known length has only the limit for the next byte. */
const BODY_MS = 60_000;
const LONG_BODY_BYTES = 1024 * 1024;
/** Larger than any response that the SDK reads into memory; the largest are pages of lists and log events. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** Returns true for objects, which are streamed. The SDK reads every other response into memory. */
function isStreamed({ query }: HttpRequest): boolean {
  return query?.['x-id'] === 'GetObject';
}

/** Passes a body on; fails if it is larger than MAX_ANSWER_BYTES. */
function bounded(body: Readable): Readable {
  let received = 0;
  const bound = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      if (received > MAX_ANSWER_BYTES) done(new Error('the response is too long to be from AWS'));
      else done(null, chunk);
    },
  });
  // An error of either stream ends both; the reader of the response receives it.
  pipeline(body, bound, () => {});
  return bound;
}

/**
 * Makes the SDK retry after every temporary network failure, and only after those: it recognises few of them itself. The
 * most common one is an idle connection that the server closed. A request is not retried after a second timeout.
 */
function mark(error: unknown, sdkRequest: HttpRequest): void {
  const failure = findFailure(error);
  if (failure === undefined || !isTransient(failure)) return;
  const [, attempt = '1'] = /attempt=(\d+)/.exec(sdkRequest.headers['amz-sdk-request'] ?? '') ?? [];
  if (!isTimeout(failure) || attempt === '1') {
    Object.assign(error as Error, { $retryable: {} });
  } else if ((error as Error).name === 'TimeoutError') {
    // The SDK retries every `TimeoutError`, so the error is renamed.
    Object.assign(error as Error, { name: 'Error', code: 'UND_ERR_HEADERS_TIMEOUT' });
  }
}

/** SDK request handler that uses our dispatcher, so that all traffic has the same proxies and authorities. */
export class SdkHandler {
  readonly metadata = { handlerProtocol: 'http/1.1' };
  readonly #dispatcher: Dispatcher;
  readonly #signal: AbortSignal | undefined;

  /** @param signal aborts every request that has no other signal */
  constructor(dispatcher: Dispatcher, signal?: AbortSignal) {
    this.#dispatcher = dispatcher;
    this.#signal = signal;
  }

  async handle(
    sdkRequest: HttpRequest,
    { abortSignal }: HttpHandlerOptions = {},
  ): Promise<{ response: HttpResponse }> {
    const deadline = openDeadline(abortSignal instanceof AbortSignal ? abortSignal : this.#signal);
    deadline.set(HEAD_MS);
    let answer: Dispatcher.ResponseData;
    try {
      // Not by URL: that would resolve `..` in the key of an object, and the SDK has signed the path.
      const asked = this.#dispatcher.request({
        ...target(sdkRequest),
        method: sdkRequest.method as Dispatcher.HttpMethod,
        headers: sdkRequest.headers,
        body: (sdkRequest.body as Dispatcher.RequestOptions['body']) ?? null,
        signal: deadline.signal,
        headersTimeout: SILENCE_MS,
        bodyTimeout: SILENCE_MS,
      });
      answer = await orAborted(asked, deadline.signal);
      refuseForeign(answer, sdkRequest.headers);
    } catch (error) {
      deadline.end();
      mark(error, sdkRequest);
      throw error;
    }
    const streamed = isStreamed(sdkRequest);
    if (streamed && Number(answer.headers['content-length']) > LONG_BODY_BYTES) deadline.clear();
    else deadline.set(BODY_MS);
    answer.body.once('error', (error: unknown) => mark(error, sdkRequest)).once('close', deadline.end);
    const headers: Record<string, string> = {};
    for (const [name, value = ''] of Object.entries(answer.headers))
      headers[name] = [value].flat().join(', ');
    const body = streamed ? answer.body : bounded(answer.body);
    return { response: { statusCode: answer.statusCode, headers, body } };
  }

  updateHttpClientConfig(): void {}
  httpHandlerConfigs = () => ({});

  destroy(): void {
    void this.#dispatcher.close();
  }
}
