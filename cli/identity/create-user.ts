import type { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { UserError } from '../errors.ts';
import { awsErrorName } from './cognito-errors.ts';
import { temporaryPassword } from './temporary-password.ts';

export interface NewUser {
  readonly userPoolId: string;
  readonly email: string;
  /** Absent: the e-mail address, or the part before its @ where the pool takes addresses for another name only. */
  readonly username?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface CreatedUser {
  readonly username: string;
  /** For the one sign-in that follows. Never shown, never written. */
  readonly temporaryPassword: string;
}

/**
 * Creates a user as an operator, with no message sent and an e-mail address that counts as verified. A user who exists
 * already and has not chosen a password yet is given a new temporary one; one who has is `exists`.
 * Errors of AWS come out as they are.
 */
export async function createUser(
  cognito: CognitoIdentityProviderClient,
  user: NewUser,
): Promise<CreatedUser> {
  const sdk = await import('@aws-sdk/client-cognito-identity-provider');
  const { userPoolId: UserPoolId, email } = user;
  const { UserPool } = await cognito.send(new sdk.DescribeUserPoolCommand({ UserPoolId }));
  const isAlias = UserPool?.AliasAttributes?.includes('email') ?? false;
  const Username = user.username ?? (isAlias ? email.slice(0, email.lastIndexOf('@')) : email);
  const password = temporaryPassword(UserPool?.Policies?.PasswordPolicy ?? {});
  try {
    await cognito.send(
      new sdk.AdminCreateUserCommand({
        UserPoolId,
        Username,
        TemporaryPassword: password,
        MessageAction: 'SUPPRESS',
        UserAttributes: Object.entries({ ...user.attributes, email, email_verified: 'true' }).map(
          ([Name, Value]) => ({ Name, Value }),
        ),
      }),
    );
  } catch (error) {
    if (awsErrorName(error) !== 'UsernameExistsException') throw error;
    const { UserStatus } = await cognito.send(new sdk.AdminGetUserCommand({ UserPoolId, Username }));
    if (UserStatus !== 'FORCE_CHANGE_PASSWORD') throw existsAlready(Username, UserStatus);
    await cognito.send(
      new sdk.AdminSetUserPasswordCommand({ UserPoolId, Username, Password: password, Permanent: false }),
    );
  }
  return { username: Username, temporaryPassword: password };
}

function existsAlready(username: string, status = 'an unknown state'): UserError {
  const confirmed = status === 'CONFIRMED';
  return new UserError(
    'exists',
    confirmed
      ? `The user ${username} exists already, with a password of their own.`
      : `The user ${username} exists already (${status}).`,
    { hint: `Sign in without --create: edge-upload login --username ${username}` },
  );
}
