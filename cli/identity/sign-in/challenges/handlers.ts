import { table } from '../../../../protocol/fields.ts';
import { UserError } from '../../../errors.ts';
import type { ChallengeHandler } from './challenge.ts';
import { mfaSetup } from './mfa-setup.ts';
import { newPasswordRequired } from './new-password.ts';
import { passwordVerifier } from './password-verifier.ts';
import { emailOtp, selectMfaType, smsMfa, softwareToken } from './second-factor.ts';

/** Handlers of the supported challenges, by Cognito's name. */
const HANDLERS: ReadonlyMap<string, ChallengeHandler> = new Map([
  ['PASSWORD_VERIFIER', passwordVerifier],
  ['NEW_PASSWORD_REQUIRED', newPasswordRequired],
  ['SOFTWARE_TOKEN_MFA', softwareToken],
  ['SMS_MFA', smsMfa],
  ['EMAIL_OTP', emailOtp],
  ['SELECT_MFA_TYPE', selectMfaType],
  ['MFA_SETUP', mfaSetup],
]);

/** Hints for operators about unsupported challenges. */
const HINTS = table<string>({
  CUSTOM_CHALLENGE: 'The operator has to remove the custom authentication functions from the user pool.',
  DEVICE_SRP_AUTH: 'The operator has to turn off remembered devices in the user pool.',
  DEVICE_PASSWORD_VERIFIER: 'The operator has to turn off remembered devices in the user pool.',
  SELECT_CHALLENGE: 'The operator has to remove the choice-based flow (ALLOW_USER_AUTH) from the app client.',
  WEB_AUTHN: 'The operator has to let this user sign in with a password: a passkey needs a browser.',
});

/** @throws {UserError} `challenge_unsupported`, with what the operator can change. */
export function handlerOf(name: string): ChallengeHandler {
  const handler = HANDLERS.get(name);
  if (handler !== undefined) return handler;
  throw new UserError(
    'challenge_unsupported',
    `The user pool asks for ${name}, which edge-upload does not support.`,
    { hint: HINTS[name] ?? 'The operator can remove that step from the user pool or from this user.' },
  );
}
