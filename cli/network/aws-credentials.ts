import { memoize } from '@smithy/core/config';
import type { AwsCredentialIdentity } from '@smithy/types';
import { omitUndefined } from '../../protocol/fields.ts';
import type { Context } from '../context.ts';
import { askHelper } from '../helper-process.ts';
import { homeOf } from './aws-settings.ts';
import { credentialsFailure, type ReportedFailure } from './credentials-failure.ts';

/** Longer than a role of a role over a bad network; a `credential_process` can ask its user. */
const TIMEOUT_MS = 300_000;

/** Credentials are renewed this long before they expire, as the SDK does. */
const AHEAD_MS = 300_000;

interface HelperResponse {
  readonly credentials?: Omit<AwsCredentialIdentity, 'expiration'> & { readonly expiration?: string };
  readonly failure?: ReportedFailure;
  /** For a helper that failed. */
  readonly error?: { readonly message: string };
}

export interface CredentialsContext extends Pick<Context, 'env' | 'home' | 'execPath'> {
  readonly profile?: string | undefined;
  readonly region: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Returns the SDK's ordinary credential chain for the environment that a command was given. The chain reads `process.env`
 * in many places, so it runs in a helper process that has this environment. Keys in the environment need no helper.
 */
export function awsCredentials(place: CredentialsContext): () => Promise<AwsCredentialIdentity> {
  return memoize(
    async () => sendable(keysOf(place) ?? (await askChain(place))),
    ({ expiration }) => expiration !== undefined && expiration.getTime() - Date.now() < AHEAD_MS,
    ({ expiration }) => expiration !== undefined,
  );
}

/** Keys are sent in headers. A line break often comes with them from a file. */
const SENDABLE = /^[\x21-\x7e]+$/;

function sendable(identity: AwsCredentialIdentity): AwsCredentialIdentity {
  const { accessKeyId, secretAccessKey, sessionToken } = identity;
  const isSendable = [accessKeyId, secretAccessKey, sessionToken ?? 'none'].every((one) =>
    SENDABLE.test(one),
  );
  if (isSendable) return identity;
  throw Object.assign(
    new Error('the AWS credentials contain a space, a line break or a character outside of ASCII'),
    { name: 'CredentialsProviderError' },
  );
}

function keysOf({ env, profile }: CredentialsContext): AwsCredentialIdentity | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (profile || env.AWS_PROFILE || !accessKeyId || !secretAccessKey) return undefined;
  const { AWS_SESSION_TOKEN: sessionToken, AWS_CREDENTIAL_EXPIRATION: expires } = env;
  const expiration = expires ? new Date(expires) : undefined;
  return {
    accessKeyId,
    secretAccessKey,
    ...omitUndefined({ sessionToken: sessionToken || undefined, expiration }),
  };
}

async function askChain(place: CredentialsContext): Promise<AwsCredentialIdentity> {
  const { env, home, execPath, profile, region, signal } = place;
  const request = { region, ...omitUndefined({ profile }) };
  const { credentials, failure, error } = (await askHelper('credentials', request, {
    env: { ...withoutOurs(env), HOME: homeOf({ env, home }) },
    execPath,
    signal,
    timeoutMs: TIMEOUT_MS,
  })) as HelperResponse;
  if (credentials === undefined) {
    throw credentialsFailure(failure ?? { reason: error?.message ?? 'no response' }, place);
  }
  const { expiration, ...rest } = credentials;
  return { ...rest, ...omitUndefined({ expiration: expiration ? new Date(expiration) : undefined }) };
}

/** The chain runs programs that a profile names (`credential_process`), which must not get passwords and tokens of edges. */
function withoutOurs(env: Context['env']): Context['env'] {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('EDGE_UPLOAD_')));
}
