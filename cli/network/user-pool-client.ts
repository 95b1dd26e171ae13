import type { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { isLoopback } from '../../protocol/object-url.ts';
import type { Context } from '../context.ts';
import type { LocalCloud } from '../settings/deployments.ts';
import { cognitoOf, explicitSettings, SdkHandler, withoutSlash } from './aws.ts';
import { endpointFromEnv, NO_SETTINGS } from './aws-settings.ts';
import { openDispatcher } from './dispatcher.ts';

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

/** Returns a client for the operations that need no AWS credentials: signing in, refreshing, revoking. */
export async function publicCognito(
  { env, sent }: Pick<Context, 'env' | 'sent'>,
  place: PoolPlace,
): Promise<CognitoIdentityProviderClient> {
  const { region, local } = place;
  const sdk = await import('@aws-sdk/client-cognito-identity-provider');
  return new sdk.CognitoIdentityProviderClient({
    ...explicitSettings(NO_SETTINGS),
    region,
    endpoint: poolEndpoint(env, place),
    requestHandler: new SdkHandler(openDispatcher({ env, sent, local })),
    // These operations are not signed, but the SDK would look for credentials all the same.
    credentials: { accessKeyId: 'unsigned', secretAccessKey: 'unsigned' },
    maxAttempts: 4,
    retryMode: 'standard',
  });
}
