import { flag, type Infer, integer, list, oneOf, required, strings, structure, text } from '../../shape.ts';

/** Second factors, by the names that challenges, templates and preferences call them. */
export const FACTORS = ['SMS_MFA', 'SOFTWARE_TOKEN_MFA', 'EMAIL_OTP'] as const;
export type Factor = (typeof FACTORS)[number];

/** Factors that are sent as a message, and the attribute with the address. */
export const ADDRESS = { SMS_MFA: 'phone_number', EMAIL_OTP: 'email' } as const;
export type MessageFactor = keyof typeof ADDRESS;

export const isMessageFactor = (factor: Factor): factor is MessageFactor => factor in ADDRESS;

/** The messages about codes must contain the place of the code. */
export const emailMessage = text({ min: 6, max: 20_000, pattern: /[\s\S]*\{####\}[\s\S]*/ });
export const smsMessage = text({ min: 6, max: 140, pattern: /.*\{####\}.*/ });
export const subject = text({ min: 1, max: 140 });
const verifiedAttribute = oneOf(['email', 'phone_number']);
const arn = text({
  min: 20,
  max: 2048,
  pattern: /arn:[\w+=/,.@-]+:[\w+=/,.@-]+:[\w+=/,.@-]*:[0-9]*:[\w+=/,.@:-]+/,
});
const numberText = text({ max: 131_072, pattern: /-?\d+/ });

const passwordPolicy = structure({
  MinimumLength: integer({ min: 6, max: 99 }),
  RequireUppercase: flag(),
  RequireLowercase: flag(),
  RequireNumbers: flag(),
  RequireSymbols: flag(),
  PasswordHistorySize: integer({ min: 0, max: 24 }),
  TemporaryPasswordValidityDays: integer({ min: 0, max: 365 }),
});

const signInPolicy = structure({
  AllowedFirstAuthFactors: list(oneOf(['PASSWORD', 'EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN'])),
});

const schemaEntry = structure({
  Name: required(text({ min: 1, max: 20, pattern: /[\p{L}\p{M}\p{S}\p{N}\p{P}]+/u })),
  AttributeDataType: oneOf(['String', 'Number', 'DateTime', 'Boolean']),
  Mutable: flag(),
  Required: flag(),
  StringAttributeConstraints: structure({ MinLength: numberText, MaxLength: numberText }),
  NumberAttributeConstraints: structure({ MinValue: numberText, MaxValue: numberText }),
});

/** How text messages are sent. The embedded Cognito writes them to the outbox and does not check the role. */
export const smsConfiguration = structure({
  SnsCallerArn: required(arn),
  ExternalId: text(),
  SnsRegion: text({ min: 5, max: 32 }),
});

export const poolProperties = structure(
  {
    UserPoolName: text({ min: 1, max: 128, pattern: /[\w\s+=,.@-]+/ }),
    Policies: structure({ PasswordPolicy: passwordPolicy, SignInPolicy: signInPolicy }),
    AdminCreateUserConfig: structure({
      AllowAdminCreateUserOnly: flag(),
      InviteMessageTemplate: structure({
        EmailMessage: text({ min: 6, max: 20_000 }),
        EmailSubject: subject,
        SMSMessage: text({ min: 6, max: 140 }),
      }),
    }),
    AccountRecoverySetting: structure({
      RecoveryMechanisms: list(
        structure({
          Name: required(oneOf(['verified_email', 'verified_phone_number', 'admin_only'])),
          Priority: required(integer({ min: 1, max: 2 })),
        }),
        { max: 2 },
      ),
    }),
    AliasAttributes: list(oneOf(['email', 'phone_number', 'preferred_username'])),
    AutoVerifiedAttributes: list(verifiedAttribute),
    DeletionProtection: oneOf(['ACTIVE', 'INACTIVE']),
    EmailConfiguration: structure({
      EmailSendingAccount: oneOf(['COGNITO_DEFAULT', 'DEVELOPER']),
      SourceArn: arn,
      From: text(),
      ReplyToEmailAddress: text(),
    }),
    EmailVerificationMessage: emailMessage,
    EmailVerificationSubject: subject,
    EmailAuthenticationMessage: emailMessage,
    EmailAuthenticationSubject: subject,
    EnabledMfas: list(oneOf(FACTORS)),
    MfaConfiguration: oneOf(['OFF', 'ON', 'OPTIONAL']),
    Schema: list(schemaEntry, { max: 50 }),
    SmsAuthenticationMessage: smsMessage,
    SmsConfiguration: smsConfiguration,
    SmsVerificationMessage: smsMessage,
    UserPoolAddOns: structure({ AdvancedSecurityMode: oneOf(['OFF', 'AUDIT', 'ENFORCED']) }),
    UserAttributeUpdateSettings: structure({
      AttributesRequireVerificationBeforeUpdate: required(list(verifiedAttribute)),
    }),
    UserPoolTags: strings(),
    UserPoolTier: oneOf(['LITE', 'ESSENTIALS', 'PLUS']),
    UsernameAttributes: list(verifiedAttribute),
    UsernameConfiguration: structure({ CaseSensitive: flag() }),
    VerificationMessageTemplate: structure({
      DefaultEmailOption: oneOf(['CONFIRM_WITH_CODE']),
      EmailMessage: emailMessage,
      EmailSubject: subject,
      SmsMessage: smsMessage,
    }),
  },
  {
    notSupported: [
      'DeviceConfiguration',
      'LambdaConfig',
      'WebAuthnFactorConfiguration',
      'WebAuthnRelyingPartyID',
      'WebAuthnUserVerification',
    ],
  },
);

export type PoolSettings = Infer<typeof poolProperties>;

export const POOL_TYPE = 'AWS::Cognito::UserPool';

/** Returns a pool's password policy, with Cognito's defaults for what it does not set. */
export function passwordPolicyOf(settings: PoolSettings) {
  const policy = settings.Policies?.PasswordPolicy;
  return policy
    ? {
        MinimumLength: policy.MinimumLength ?? 8,
        RequireUppercase: policy.RequireUppercase ?? false,
        RequireLowercase: policy.RequireLowercase ?? false,
        RequireNumbers: policy.RequireNumbers ?? false,
        RequireSymbols: policy.RequireSymbols ?? false,
        TemporaryPasswordValidityDays: policy.TemporaryPasswordValidityDays || 7,
      }
    : {
        MinimumLength: 8,
        RequireUppercase: true,
        RequireLowercase: true,
        RequireNumbers: true,
        RequireSymbols: true,
        TemporaryPasswordValidityDays: 7,
      };
}

/** Whether names and e-mail addresses are case-sensitive. */
export const isCaseSensitive = (settings: PoolSettings) =>
  settings.UsernameConfiguration?.CaseSensitive ?? true;
