import { awsErrorName, wasRepeated } from '../cognito-errors.ts';
import type { AdministeredPool } from './administered-pool.ts';
import type { KnownUser } from './directory.ts';

type Act = (pool: AdministeredPool, username: string) => Promise<void>;

export const removeUser: Act = async ({ cognito, sdk, userPoolId: UserPoolId }, Username) => {
  try {
    await cognito.send(new sdk.AdminDeleteUserCommand({ UserPoolId, Username }));
  } catch (error) {
    const isRemoved = awsErrorName(error) === 'UserNotFoundException' && wasRepeated(error);
    if (!isRemoved) throw error;
  }
};

/** Disables a user and ends all their sign-ins. */
export const disableUser: Act = async ({ cognito, sdk, userPoolId: UserPoolId }, Username) => {
  await cognito.send(new sdk.AdminDisableUserCommand({ UserPoolId, Username }));
};

export const enableUser: Act = async ({ cognito, sdk, userPoolId: UserPoolId }, Username) => {
  await cognito.send(new sdk.AdminEnableUserCommand({ UserPoolId, Username }));
};

export const signOutEverywhere: Act = async ({ cognito, sdk, userPoolId: UserPoolId }, Username) => {
  await cognito.send(new sdk.AdminUserGlobalSignOutCommand({ UserPoolId, Username }));
};

/** Has Cognito send a code to the verified address of a user who has already chosen a password. */
export const sendResetCode: Act = async ({ cognito, sdk, userPoolId: UserPoolId }, Username) => {
  await cognito.send(new sdk.AdminResetUserPasswordCommand({ UserPoolId, Username }));
};

/** Has Cognito send a new temporary password to a user who has not signed in yet. */
export const resendInvitation: Act = async ({ cognito, sdk, userPoolId: UserPoolId }, Username) => {
  await cognito.send(
    new sdk.AdminCreateUserCommand({
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
  { cognito, sdk, userPoolId: UserPoolId }: AdministeredPool,
  { username: Username, secondFactors }: KnownUser,
): Promise<void> {
  await cognito.send(
    new sdk.AdminSetUserMFAPreferenceCommand({
      UserPoolId,
      Username,
      ...(secondFactors.includes('SOFTWARE_TOKEN_MFA') && { SoftwareTokenMfaSettings: OFF }),
      ...(secondFactors.includes('SMS_MFA') && { SMSMfaSettings: OFF }),
      ...(secondFactors.includes('EMAIL_OTP') && { EmailMfaSettings: OFF }),
    }),
  );
}
