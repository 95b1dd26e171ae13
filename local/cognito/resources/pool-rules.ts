import type { JsonObject } from '../../json.ts';
import { readProperties } from '../../shape.ts';
import { invalidParameter, notEmbedded, notInTier } from '../errors.ts';
import { type PoolSettings, poolProperties } from './pool-properties.ts';
import { isStandardAttribute } from './standard-attributes.ts';

/**
 * Reads a user pool's settings from its template properties,
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpool.html
 */
export function readPoolProperties(properties: JsonObject): PoolSettings {
  const settings = readProperties(poolProperties, properties);
  for (const entry of settings.Schema ?? []) {
    if (isStandardAttribute(entry.Name)) continue;
    if (!entry.AttributeDataType) {
      throw invalidParameter(
        'Invalid AttributeDataType input, consider using the provided AttributeDataType enum.',
      );
    }
    if (entry.Required) {
      throw invalidParameter(`Required custom attributes are not supported currently. (${entry.Name})`);
    }
  }
  if (settings.AliasAttributes?.length && settings.UsernameAttributes?.length) {
    throw invalidParameter(
      'Only one of the aliasAttributes or usernameAttributes can be set in a user pool.',
    );
  }
  if (
    settings.EmailConfiguration?.EmailSendingAccount === 'DEVELOPER' &&
    !settings.EmailConfiguration.SourceArn
  ) {
    throw invalidParameter('SourceArn is required when EmailSendingAccount is DEVELOPER.');
  }
  checkMfa(settings);
  checkPoolTier(settings);
  for (const name of settings.UserAttributeUpdateSettings?.AttributesRequireVerificationBeforeUpdate ?? []) {
    if (!settings.AutoVerifiedAttributes?.includes(name)) {
      throw invalidParameter(
        'All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes',
      );
    }
  }
  return settings;
}

/**
 * Refuses features that a pool's plan or the embedded Cognito does not have. `checkMfa` checks e-mail MFA.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-sign-in-feature-plans.html
 *
 * @throws AwsError `FeatureUnavailableInTierException`, or `InvalidParameterException` for features that are not embedded
 */
function checkPoolTier({ UserPoolTier: tier = 'ESSENTIALS', ...settings }: PoolSettings): void {
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

/**
 * Checks the settings that second factors require,
 * https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-sms-email-message.html
 *
 * @throws AwsError `InvalidParameterException`
 */
export function checkMfa(settings: PoolSettings): void {
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
