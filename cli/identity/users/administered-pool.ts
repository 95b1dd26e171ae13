import type { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import type { Context } from '../../context.ts';
import { type CloudChoice, operatorClients } from '../../network/aws.ts';

/** User pool with a client that signs with the operator's AWS credentials. */
export interface AdministeredPool {
  readonly cognito: CognitoIdentityProviderClient;
  /** The module of its commands. */
  readonly sdk: typeof import('@aws-sdk/client-cognito-identity-provider');
  readonly userPoolId: string;
  /** Aborted by Ctrl-C, which ends requests as well as lists. */
  readonly signal: AbortSignal;
}

/** Opens a pool; the caller closes it. */
export async function openAdministeredPool(
  context: Pick<Context, 'env' | 'sent' | 'home' | 'execPath' | 'signal' | 'ui'>,
  userPoolId: string,
  choice: CloudChoice,
): Promise<AdministeredPool & { close(): void }> {
  const { signal } = context;
  const [{ cognito, close }, sdk] = await Promise.all([
    operatorClients(context, { ...choice, signal }),
    import('@aws-sdk/client-cognito-identity-provider'),
  ]);
  return { cognito, sdk, userPoolId, signal, close };
}

/** Rules of a pool, from DescribeUserPool. */
export interface PoolRules {
  /** Minimum number of characters in a password. */
  readonly minimumLength: number;
  /** Days until a temporary password expires. */
  readonly temporaryDays: number;
  /** True if e-mail addresses are aliases. A user name then cannot be an e-mail address. */
  readonly emailIsAlias: boolean;
}

/** Cognito's default, for a pool that sets none. */
const TEMPORARY_DAYS = 7;

export async function readRules({
  cognito,
  sdk,
  userPoolId: UserPoolId,
}: AdministeredPool): Promise<PoolRules> {
  const { UserPool } = await cognito.send(new sdk.DescribeUserPoolCommand({ UserPoolId }));
  const { MinimumLength = 0, TemporaryPasswordValidityDays } = UserPool?.Policies?.PasswordPolicy ?? {};
  return {
    minimumLength: MinimumLength,
    temporaryDays: TemporaryPasswordValidityDays || TEMPORARY_DAYS,
    emailIsAlias: UserPool?.AliasAttributes?.includes('email') ?? false,
  };
}
