import { invalidParameter, notEmbedded, notInTier } from '../errors.ts';

/** Second factors, by the names that challenges, templates and preferences call them. */
export const FACTORS = ['SMS_MFA', 'SOFTWARE_TOKEN_MFA', 'EMAIL_OTP'] as const;
export type Factor = (typeof FACTORS)[number];

/** Factors that are sent as a message, and the attribute with the address. */
export const ADDRESS = { SMS_MFA: 'phone_number', EMAIL_OTP: 'email' } as const;
export type MessageFactor = keyof typeof ADDRESS;

export const isMessageFactor = (factor: Factor): factor is MessageFactor => factor in ADDRESS;

/** Settings that depend on the pool's feature plan. */
interface TierSettings {
  readonly UserPoolTier?: string | undefined;
  readonly UserPoolAddOns?: { readonly AdvancedSecurityMode?: string | undefined } | undefined;
  readonly Policies?:
    | {
        readonly PasswordPolicy?: { readonly PasswordHistorySize?: number | undefined } | undefined;
        readonly SignInPolicy?:
          | { readonly AllowedFirstAuthFactors?: readonly string[] | undefined }
          | undefined;
      }
    | undefined;
}

/**
 * Refuses features that a pool's plan or the embedded Cognito does not have. `checkMfa` checks e-mail MFA.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-sign-in-feature-plans.html
 *
 * @throws AwsError `FeatureUnavailableInTierException`, or `InvalidParameterException` for features that are not embedded
 */
export function checkPoolTier({ UserPoolTier: tier = 'ESSENTIALS', ...settings }: TierSettings): void {
  const factors = settings.Policies?.SignInPolicy?.AllowedFirstAuthFactors ?? [];
  const threats = settings.UserPoolAddOns?.AdvancedSecurityMode ?? 'OFF';
  const history = settings.Policies?.PasswordPolicy?.PasswordHistorySize ?? 0;
  if (history > 0)
    throw tier === 'LITE' ? notInTier('Password history', tier) : notEmbedded('PasswordHistorySize');
  if (factors.some((factor) => factor !== 'PASSWORD')) {
    throw tier === 'LITE' ? notInTier('Passwordless sign-in', tier) : notEmbedded('passwordless sign-in');
  }
  if (threats !== 'OFF') {
    throw tier === 'PLUS' ? notEmbedded('threat protection') : notInTier('Threat protection', tier);
  }
}

/** Settings that second factors depend on. */
interface MfaSettings {
  readonly MfaConfiguration?: 'OFF' | 'ON' | 'OPTIONAL' | undefined;
  readonly EnabledMfas?: readonly Factor[] | undefined;
  readonly SmsConfiguration?: object | undefined;
  readonly EmailConfiguration?: { readonly EmailSendingAccount?: string | undefined } | undefined;
  readonly UserPoolTier?: string | undefined;
}

/**
 * Checks the settings that second factors require,
 * https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-sms-email-message.html
 *
 * @throws AwsError `InvalidParameterException`
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
