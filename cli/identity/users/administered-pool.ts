import type { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';

/** A user pool whose operator this is: the client signs with AWS credentials. */
export interface AdministeredPool {
  readonly cognito: CognitoIdentityProviderClient;
  readonly userPoolId: string;
  /** Of the command: Ctrl-C ends lists. */
  readonly signal: AbortSignal;
}
