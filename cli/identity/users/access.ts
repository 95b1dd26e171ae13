import {
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminResetUserPasswordCommand,
  AdminSetUserMFAPreferenceCommand,
  AdminUserGlobalSignOutCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import type { AdministeredPool } from './administered-pool.ts';
import type { KnownUser } from './directory.ts';

type Act = (pool: AdministeredPool, username: string) => Promise<void>;

export const removeUser: Act = async ({ cognito, userPoolId: UserPoolId }, Username) => {
  await cognito.send(new AdminDeleteUserCommand({ UserPoolId, Username }));
};

/** Disables a user and ends all their sign-ins. */
export const disableUser: Act = async ({ cognito, userPoolId: UserPoolId }, Username) => {
  await cognito.send(new AdminDisableUserCommand({ UserPoolId, Username }));
};

export const enableUser: Act = async ({ cognito, userPoolId: UserPoolId }, Username) => {
  await cognito.send(new AdminEnableUserCommand({ UserPoolId, Username }));
};

export const signOutEverywhere: Act = async ({ cognito, userPoolId: UserPoolId }, Username) => {
  await cognito.send(new AdminUserGlobalSignOutCommand({ UserPoolId, Username }));
};

/** Has Cognito send a code to the verified address of a user who has a password of their own. */
export const sendResetCode: Act = async ({ cognito, userPoolId: UserPoolId }, Username) => {
  await cognito.send(new AdminResetUserPasswordCommand({ UserPoolId, Username }));
};

/** Has Cognito send a new temporary password to a user who has not signed in yet. */
export const resendInvitation: Act = async ({ cognito, userPoolId: UserPoolId }, Username) => {
  await cognito.send(
    new AdminCreateUserCommand({
      UserPoolId,
      Username,
      MessageAction: 'RESEND',
      DesiredDeliveryMediums: ['EMAIL'],
    }),
  );
};

const OFF = { Enabled: false, PreferredMfa: false };

/**
 * Removes a user's second factors. If the pool requires one, the next sign-in sets it up again. Factors that the user
 * does not have are not sent: a pool may not support them.
 */
export async function forgetSecondFactors(
  { cognito, userPoolId: UserPoolId }: AdministeredPool,
  { username: Username, secondFactors }: KnownUser,
): Promise<void> {
  await cognito.send(
    new AdminSetUserMFAPreferenceCommand({
      UserPoolId,
      Username,
      ...(secondFactors.includes('SOFTWARE_TOKEN_MFA') && { SoftwareTokenMfaSettings: OFF }),
      ...(secondFactors.includes('SMS_MFA') && { SMSMfaSettings: OFF }),
      ...(secondFactors.includes('EMAIL_OTP') && { EmailMfaSettings: OFF }),
    }),
  );
}
