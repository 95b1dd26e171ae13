import { randomBytes } from 'node:crypto';
import {
  AdminCreateUserCommand,
  AdminInitiateAuthCommand,
  type AdminInitiateAuthCommandOutput,
  AdminSetUserPasswordCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import type { LiveWorld } from '../world.ts';

/** A user of the pool whom one probe signs in through Cognito's API. */
export interface PoolUser {
  readonly username: string;
  signIn(): Promise<AdminInitiateAuthCommandOutput>;
}

/** Calls `work` with a new user who has a permanent password. The user is deleted with the pool. */
export async function withPoolUser<T>(
  { cognito, userPoolId: UserPoolId, clientId: ClientId }: LiveWorld,
  work: (user: PoolUser) => Promise<T>,
): Promise<T> {
  const Username = `probe-${randomBytes(4).toString('hex')}`;
  const Password = `${randomBytes(12).toString('base64url')}-Aa1!`;
  await cognito.send(new AdminCreateUserCommand({ UserPoolId, Username, MessageAction: 'SUPPRESS' }));
  await cognito.send(new AdminSetUserPasswordCommand({ UserPoolId, Username, Password, Permanent: true }));
  return work({
    username: Username,
    signIn: () =>
      cognito.send(
        new AdminInitiateAuthCommand({
          UserPoolId,
          ClientId,
          AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
          AuthParameters: { USERNAME: Username, PASSWORD: Password },
        }),
      ),
  });
}
