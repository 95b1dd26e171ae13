import { STSClient } from '@aws-sdk/client-sts';
import type { Dispatcher } from 'undici';
import { SdkHandler } from '../../../cli/network/aws.ts';

/** STS's response with the caller's identity. */
export const IDENTITY =
  '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>';

/** Returns an STS client with the same settings as the command line's clients. */
export function stsClient(endpoint: string, dispatcher: Dispatcher, maxAttempts = 3): STSClient {
  return new STSClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts,
    requestHandler: new SdkHandler(dispatcher),
  });
}
