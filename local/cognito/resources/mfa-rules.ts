import { invalidParameter, notInTier } from '../errors.ts';
import type { Factor } from './factor.ts';

/** The settings of a pool that second factors depend on. */
interface MfaSettings {
  readonly MfaConfiguration?: 'OFF' | 'ON' | 'OPTIONAL' | undefined;
  readonly EnabledMfas?: readonly Factor[] | undefined;
  readonly SmsConfiguration?: object | undefined;
  readonly EmailConfiguration?: { readonly EmailSendingAccount?: string | undefined } | undefined;
  readonly UserPoolTier?: string | undefined;
}

/**
 * What a pool must have before it can ask for a second factor. Throws InvalidParameterException. Rules:
 * https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-sms-email-message.html
 */
export function checkMfa(settings: MfaSettings): void {
  const { MfaConfiguration = 'OFF', EnabledMfas = [] } = settings;
  if (MfaConfiguration === 'OFF') return;
  const smsMissing = EnabledMfas.includes('SMS_MFA') && settings.SmsConfiguration === undefined;
  if (EnabledMfas.length === 0 || smsMissing) {
    throw invalidParameter(
      'SMS configuration and Auto verification for phone_number are required when MFA is required/optional',
    );
  }
  if (!EnabledMfas.includes('EMAIL_OTP')) return;
  if (settings.UserPoolTier === 'LITE') {
    throw notInTier('Multi-factor authentication by e-mail', settings.UserPoolTier);
  }
  if (settings.EmailConfiguration?.EmailSendingAccount !== 'DEVELOPER') {
    throw invalidParameter('Email MFA needs an e-mail configuration with Amazon SES.');
  }
}
