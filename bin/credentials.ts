import { fromIni } from '@aws-sdk/credential-provider-ini';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { fromTokenFile } from '@aws-sdk/credential-provider-web-identity';
import { SdkHandler } from '../cli/network/aws.ts';
import { credentialsOf, reportedFailure } from '../cli/network/credential-source.ts';
import { openDispatcher } from '../cli/network/dispatcher.ts';
import { createSentCredentials } from '../cli/sent-credentials.ts';
import { handleRequest } from './helper.ts';

interface CredentialsRequest {
  readonly profile?: string;
  readonly region: string;
}

// Sources that call AWS (roles, IAM Identity Center) go through the same proxies as the command.
const dispatcher = openDispatcher({ env: process.env, sent: createSentCredentials() });

void handleRequest(async ({ profile, region }: CredentialsRequest) => {
  const config = { region: async () => region, requestHandler: new SdkHandler(dispatcher) };
  const options = { ...(profile !== undefined && { profile }), parentClientConfig: config };
  const caller = { callerClientConfig: config };
  try {
    const credentials = await credentialsOf(profile ?? (process.env.AWS_PROFILE || undefined), {
      ofTokenFile: process.env.AWS_WEB_IDENTITY_TOKEN_FILE
        ? () => fromTokenFile({ parentClientConfig: config })(caller)
        : undefined,
      ofProfile: (source) => {
        // The SDK reads the endpoints of STS and of IAM Identity Center from the profile that the variable names. With it,
        // the AWS CLI in a credential_process would run that program again, without end.
        if (profile !== undefined && source !== 'process') process.env.AWS_PROFILE = profile;
        return fromIni(options)(caller);
      },
      ofAll: () => defaultProvider(options)(caller),
    });
    return { credentials };
  } catch (error) {
    return { failure: reportedFailure(error) };
  }
  // A request that the SDK does not end would keep the process.
}).then(() => process.stdout.write('', () => process.exit()));
