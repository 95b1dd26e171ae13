import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { request } from 'undici';
import { omitUndefined } from '../protocol/fields.ts';
import { type Credentials, EXPIRES_TAG, REGION } from './account.ts';
import { type CommandLine, document } from './command-line.ts';

/** A response of the edge. */
interface Answer {
  readonly status: number;
  header(name: string): string | null;
  readonly body: string;
}

interface EdgeRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Another token, or `false` for none. */
  readonly token?: string | false;
}

/** A deployment with a signed-in user, and the clients with which a probe observes them. */
export interface LiveWorld {
  readonly stackName: string;
  /** When a sweep deletes what the run left. */
  readonly expires: Date;
  readonly run: CommandLine;
  /** Returns the operator's credentials, which `run` uses. The clients below use the account's own. */
  credentials(): Promise<Credentials>;
  readonly url: string;
  readonly bucket: string;
  readonly userPoolId: string;
  readonly clientId: string;
  readonly s3: S3Client;
  readonly cognito: CognitoIdentityProviderClient;
  readonly kms: KMSClient;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** A valid access token. */
  readonly token: string;
  edge(asked: EdgeRequest): Promise<Answer>;
  /** Returns an unused key. */
  key(): string;
  /** Waits. Ctrl-C ends the wait. */
  pause(milliseconds: number): Promise<void>;
  /** Closes the clients. */
  close(): void;
}

/** Origin of a web page that is allowed to upload. */
export const PAGE_ORIGIN = 'https://live.example';

/** The uploading user, with a prefix of their own. */
const USER = 'live';

/** Address of the user and of the notices. No mail reaches this domain. */
const ADDRESS = 'live@example.com';

/** Maximum milliseconds for a response of the edge, which is the maximum for S3. */
const ANSWER_MS = 120_000;

interface Deployed {
  readonly url: string;
  readonly outputs: {
    readonly S3BucketName: string;
    readonly CognitoUserPoolId: string;
    readonly CognitoAppClientId: string;
  };
}

/** Deploys, creates a user, and signs in. */
export async function openWorld(
  { run, credentials }: Pick<LiveWorld, 'run' | 'credentials'>,
  {
    stackName,
    expires,
    signal,
  }: { readonly stackName: string; readonly expires: Date; readonly signal: AbortSignal },
): Promise<LiveWorld & { readonly secrets: Readonly<Record<string, string>> }> {
  const tag = `${EXPIRES_TAG}=${expires.toISOString()}`;
  const rule = ['--write-to', '{username}/'];
  const flags = [
    '--stack-name',
    stackName,
    '--tag',
    tag,
    '--price-class',
    '100',
    '--page',
    '--cors-origin',
    PAGE_ORIGIN,
    '--notify',
    ADDRESS,
    ...rule,
  ];
  const deployed = await document<Deployed>(run, ['deploy', '--yes', ...flags], { signal, aloud: true });
  const password = `${randomBytes(12).toString('base64url')}-Aa1!`;
  const create = ['login', '--create', '--username', USER, '--email', ADDRESS, '--stack-name', stackName];
  await document(run, create, { signal, env: { EDGE_UPLOAD_NEW_PASSWORD: password } });
  const { token } = await document<{ token: string }>(run, ['token', '--stack-name', stackName], { signal });
  const { url } = deployed;
  const s3 = new S3Client({ region: REGION, forcePathStyle: process.env.AWS_ENDPOINT_URL !== undefined });
  const cognito = new CognitoIdentityProviderClient({ region: REGION });
  const kms = new KMSClient({ region: REGION });
  return {
    stackName,
    expires,
    run,
    credentials,
    url,
    bucket: deployed.outputs.S3BucketName,
    userPoolId: deployed.outputs.CognitoUserPoolId,
    clientId: deployed.outputs.CognitoAppClientId,
    s3,
    cognito,
    kms,
    signal,
    token,
    secrets: { password, token },
    key: () => `${USER}/probe-${randomBytes(4).toString('hex')}`,
    pause: (milliseconds) => sleep(milliseconds, undefined, { signal }),
    close() {
      for (const client of [s3, cognito, kms]) client.destroy();
    },
    edge: requestsTo(url, token, signal),
  };
}

/** Returns a function that sends requests to an edge. */
function requestsTo(url: string, token: string, signal: AbortSignal): LiveWorld['edge'] {
  return async ({ method = 'PUT', path, headers = {}, body, token: other }) => {
    const authorization = other === false ? {} : { authorization: `Bearer ${other ?? token}` };
    const response = await request(`${url}/${path}`, {
      method: method as 'PUT',
      headers: { ...authorization, ...headers },
      ...omitUndefined({ body }),
      headersTimeout: ANSWER_MS,
      bodyTimeout: ANSWER_MS,
      signal,
    });
    return {
      status: response.statusCode,
      header: (name) => [response.headers[name]].flat()[0] ?? null,
      body: await response.body.text(),
    };
  };
}
