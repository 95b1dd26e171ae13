import { flag, type Output, oneOf, structure } from '../../shape.ts';
import { invalidParameter } from '../errors.ts';
import { onPool } from '../operation.ts';
import {
  emailMessage,
  type Factor,
  type PoolSettings,
  smsConfiguration,
  smsMessage,
  subject,
} from '../resources/pool-properties.ts';
import { checkMfa } from '../resources/pool-rules.ts';

const input = {
  MfaConfiguration: oneOf(['OFF', 'ON', 'OPTIONAL']),
  SoftwareTokenMfaConfiguration: structure({ Enabled: flag() }),
  SmsMfaConfiguration: structure({
    SmsAuthenticationMessage: smsMessage,
    SmsConfiguration: smsConfiguration,
  }),
  EmailMfaConfiguration: structure({
    Message: emailMessage,
    Subject: subject,
  }),
};
type Input = Output<typeof input>;

function enabledIn({
  SoftwareTokenMfaConfiguration: app,
  SmsMfaConfiguration: sms,
  EmailMfaConfiguration: email,
}: Input): readonly Factor[] {
  return [
    ...(app?.Enabled ? (['SOFTWARE_TOKEN_MFA'] as const) : []),
    ...(sms ? (['SMS_MFA'] as const) : []),
    ...(email ? (['EMAIL_OTP'] as const) : []),
  ];
}

function described({ MfaConfiguration = 'OFF', EnabledMfas = [], ...settings }: PoolSettings): object {
  const { SmsAuthenticationMessage, SmsConfiguration } = settings;
  const { EmailAuthenticationMessage: Message, EmailAuthenticationSubject: Subject } = settings;
  return {
    MfaConfiguration,
    SoftwareTokenMfaConfiguration: { Enabled: EnabledMfas.includes('SOFTWARE_TOKEN_MFA') },
    ...(EnabledMfas.includes('SMS_MFA') && {
      SmsMfaConfiguration: { SmsAuthenticationMessage, SmsConfiguration },
    }),
    ...(EnabledMfas.includes('EMAIL_OTP') && { EmailMfaConfiguration: { Message, Subject } }),
  };
}

export const poolMfa = {
  /** https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserPoolMfaConfig.html */
  SetUserPoolMfaConfig: onPool(input, ({ pool, now }, request) => {
    const enabled = enabledIn(request);
    const { MfaConfiguration = 'OFF', SmsMfaConfiguration: sms, EmailMfaConfiguration: email } = request;
    if (MfaConfiguration === 'OFF' && enabled.length > 0) {
      throw invalidParameter(
        "Invalid MFA configuration given, can't turn off MFA and configure an MFA together.",
      );
    }
    const settings: PoolSettings = {
      ...pool.record.settings,
      MfaConfiguration,
      EnabledMfas: enabled,
      ...(sms?.SmsAuthenticationMessage && { SmsAuthenticationMessage: sms.SmsAuthenticationMessage }),
      ...(sms?.SmsConfiguration && { SmsConfiguration: sms.SmsConfiguration }),
      ...(email?.Message && { EmailAuthenticationMessage: email.Message }),
      ...(email?.Subject && { EmailAuthenticationSubject: email.Subject }),
    };
    checkMfa(settings);
    pool.record = { ...pool.record, settings, modified: now().toISOString() };
    return described(settings);
  }),
  GetUserPoolMfaConfig: onPool({}, ({ pool }) => described(pool.record.settings)),
};
