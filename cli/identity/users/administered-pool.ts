import {
  type CognitoIdentityProviderClient,
  DescribeUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider';

/** A user pool whose operator this is: the client signs with AWS credentials. */
export interface AdministeredPool {
  readonly cognito: CognitoIdentityProviderClient;
  readonly userPoolId: string;
  /** Of the command: Ctrl-C ends lists. */
  readonly signal: AbortSignal;
}

/** What a pool asks of its users, as DescribeUserPool gives it. */
export interface PoolRules {
  /** Characters of a password. */
  readonly minimumLength: number;
  /** How long a temporary password is good. */
  readonly temporaryDays: number;
  /** An e-mail address then stands for a user's name, and cannot be one. */
  readonly emailIsAlias: boolean;
}

/** Cognito's own, where a pool does not say. */
const TEMPORARY_DAYS = 7;

export async function readRules({ cognito, userPoolId: UserPoolId }: AdministeredPool): Promise<PoolRules> {
  const { UserPool } = await cognito.send(new DescribeUserPoolCommand({ UserPoolId }));
  const { MinimumLength = 0, TemporaryPasswordValidityDays } = UserPool?.Policies?.PasswordPolicy ?? {};
  return {
    minimumLength: MinimumLength,
    temporaryDays: TemporaryPasswordValidityDays || TEMPORARY_DAYS,
    emailIsAlias: UserPool?.AliasAttributes?.includes('email') ?? false,
  };
}
