import { STSClient } from '@aws-sdk/client-sts';
import type { Dispatcher } from 'undici';
import { SdkHandler } from '../../../cli/network/bounded-requests.ts';

/** STS's answer about the caller. */
export const IDENTITY =
  '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>';

/** Returns a client of STS that sends as the clients of the command line do. */
export function stsClient(endpoint: string, dispatcher: Dispatcher, maxAttempts = 3): STSClient {
  return new STSClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts,
    requestHandler: new SdkHandler(dispatcher),
  });
}
