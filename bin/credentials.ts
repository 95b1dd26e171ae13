import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { openDispatcher } from '../cli/network/dispatcher.ts';
import { SdkHandler } from '../cli/network/sdk-handler.ts';
import { createSentCredentials } from '../cli/sent-credentials.ts';
import { answerRequest } from './helper.ts';

interface CredentialsRequest {
  readonly profile?: string;
  readonly region: string;
}

// Sources that call AWS (roles, IAM Identity Center) go through the same proxies as the command.
const dispatcher = openDispatcher({ env: process.env, sent: createSentCredentials() });

void answerRequest(async ({ profile, region }: CredentialsRequest) => {
  const config = { region: async () => region, requestHandler: new SdkHandler(dispatcher) };
  const provide = defaultProvider({
    ...(profile !== undefined && { profile }),
    parentClientConfig: config,
  });
  return { credentials: await provide({ callerClientConfig: config }) };
}).then(() => dispatcher.destroy());
