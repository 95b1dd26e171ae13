import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../../local/json.ts';
import { awsError } from '../../support/aws-error.ts';
import { confirmedUser, MINUTE, PASSWORD, type Setup, setUp } from './harness.ts';
import { adminSignIn } from './sign-in.ts';

const SMS: JsonObject = {
  SnsCallerArn: 'arn:aws:iam::123456789012:role/sms',
  ExternalId: 'edge-upload',
};
const SES: JsonObject = {
  EmailSendingAccount: 'DEVELOPER',
  SourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/example.com',
};
const ALL: JsonObject = {
  MfaConfiguration: 'OPTIONAL',
  EnabledMfas: ['SMS_MFA', 'SOFTWARE_TOKEN_MFA', 'EMAIL_OTP'],
  SmsConfiguration: SMS,
  EmailConfiguration: SES,
};

async function withPhone(setup: Setup) {
  const { sdk, UserPoolId } = setup;
  await confirmedUser(setup);
  await sdk.adminUpdateUserAttributes({
    UserPoolId,
    Username: 'ann',
    UserAttributes: [{ Name: 'phone_number', Value: '+15550100123' }],
  });
}

const lastCode = ({ outbox }: Setup) => /\d{6,8}/.exec(outbox().at(-1)?.body ?? '')?.[0] ?? '';

const answer = (
  { sdk, ClientId }: Setup,
  ChallengeName: 'SMS_MFA' | 'EMAIL_OTP' | 'SELECT_MFA_TYPE',
  Session: string | undefined,
  responses: Record<string, string>,
) =>
  sdk.respondToAuthChallenge({
    ClientId,
    ChallengeName,
    Session,
    ChallengeResponses: { USERNAME: 'ann', ...responses },
  });

test('signs in once by a code, and shows the phone number’s last digits', async (t) => {
  const setup = await setUp(t, { pool: ALL });
  const { sdk, UserPoolId } = setup;
  await withPhone(setup);
  const SMSMfaSettings = { Enabled: true };
  await sdk.adminSetUserMFAPreference({ UserPoolId, Username: 'ann', SMSMfaSettings });
  const asked = await adminSignIn(setup, 'ann', PASSWORD);
  assert.equal(asked.ChallengeName, 'SMS_MFA');
  assert.deepEqual(
    [
      asked.ChallengeParameters?.CODE_DELIVERY_DELIVERY_MEDIUM,
      asked.ChallengeParameters?.CODE_DELIVERY_DESTINATION,
    ],
    ['SMS', '+*******0123'],
  );
  const [message] = setup.outbox();
  assert.deepEqual([message?.to, message?.subject], ['+15550100123', undefined]);
  const SMS_MFA_CODE = lastCode(setup);
  assert.match(SMS_MFA_CODE, /^\d{6}$/);
  assert.ok((await answer(setup, 'SMS_MFA', asked.Session, { SMS_MFA_CODE })).AuthenticationResult);
  await assert.rejects(
    answer(setup, 'SMS_MFA', asked.Session, { SMS_MFA_CODE }),
    awsError('NotAuthorizedException', 'Invalid session for the user, session can only be used once.'),
  );
  const { UserAttributes, UserMFASettingList } = await sdk.adminGetUser({ UserPoolId, Username: 'ann' });
  assert.ok(UserAttributes?.some(({ Name, Value }) => Name === 'phone_number_verified' && Value === 'true'));
  assert.deepEqual(UserMFASettingList, ['SMS_MFA']);
});

test('accepts an e-mail address as the required factor of a pool', async (t) => {
  const pool = {
    MfaConfiguration: 'ON',
    EnabledMfas: ['EMAIL_OTP'],
    EmailConfiguration: SES,
    EmailAuthenticationSubject: 'Code',
    EmailAuthenticationMessage: 'It is {####}!',
  };
  const setup = await setUp(t, { pool });
  await confirmedUser(setup);
  const asked = await adminSignIn(setup, 'ann', PASSWORD);
  assert.equal(asked.ChallengeName, 'EMAIL_OTP');
  const [message] = setup.outbox();
  assert.deepEqual([message?.to, message?.subject], ['ann@example.com', 'Code']);
  const [, EMAIL_OTP_CODE = ''] = /^It is (\d{8})!$/.exec(message?.body ?? '') ?? [];
  const wrong = { EMAIL_OTP_CODE: EMAIL_OTP_CODE === '00000000' ? '00000001' : '00000000' };
  await assert.rejects(
    answer(setup, 'EMAIL_OTP', asked.Session, wrong),
    awsError('CodeMismatchException', 'Invalid code or auth state for the user.'),
  );
  assert.ok((await answer(setup, 'EMAIL_OTP', asked.Session, { EMAIL_OTP_CODE })).AuthenticationResult);
});

test('sends an invitation by text message if the pool can', async (t) => {
  const setup = await setUp(t, { pool: { SmsConfiguration: SMS } });
  const { sdk, UserPoolId } = setup;
  const UserAttributes = [{ Name: 'phone_number', Value: '+15550100123' }];
  await sdk.adminCreateUser({ UserPoolId, Username: 'ann', UserAttributes });
  const [message] = setup.outbox();
  assert.equal(message?.to, '+15550100123');
  assert.match(message?.body ?? '', /^Your username is ann and temporary password is \S+\.$/);
});

test('ends a code with its session, and locks the user after wrong ones', async (t) => {
  const setup = await setUp(t, { pool: ALL, client: { AuthSessionValidity: 3 } });
  const { sdk, UserPoolId } = setup;
  await confirmedUser(setup);
  await sdk.adminSetUserMFAPreference({ UserPoolId, Username: 'ann', EmailMfaSettings: { Enabled: true } });
  const late = await adminSignIn(setup, 'ann', PASSWORD);
  setup.advance(3 * MINUTE);
  await assert.rejects(
    answer(setup, 'EMAIL_OTP', late.Session, { EMAIL_OTP_CODE: lastCode(setup) }),
    awsError('NotAuthorizedException', 'Invalid session for the user, session is expired.'),
  );
  const { Session } = await adminSignIn(setup, 'ann', PASSWORD);
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    await assert.rejects(
      answer(setup, 'EMAIL_OTP', Session, { EMAIL_OTP_CODE: 'wrong' }),
      awsError('CodeMismatchException'),
    );
  }
  await assert.rejects(
    answer(setup, 'EMAIL_OTP', Session, { EMAIL_OTP_CODE: lastCode(setup) }),
    awsError('NotAuthorizedException', 'Password attempts exceeded'),
  );
});

test('lets the user choose a factor, unless one is preferred', async (t) => {
  const setup = await setUp(t, { pool: ALL });
  const { sdk, UserPoolId } = setup;
  await withPhone(setup);
  const prefer = (PreferredMfa: boolean) =>
    sdk.adminSetUserMFAPreference({
      UserPoolId,
      Username: 'ann',
      SMSMfaSettings: { Enabled: true, PreferredMfa },
      EmailMfaSettings: { Enabled: true },
    });
  await prefer(false);
  const asked = await adminSignIn(setup, 'ann', PASSWORD);
  assert.equal(asked.ChallengeName, 'SELECT_MFA_TYPE');
  assert.equal(asked.ChallengeParameters?.MFAS_CAN_CHOOSE, '["SMS_MFA","EMAIL_OTP"]');
  assert.deepEqual(setup.outbox(), [], 'nothing is sent before the choice');
  await assert.rejects(
    answer(setup, 'SELECT_MFA_TYPE', asked.Session, { ANSWER: 'SOFTWARE_TOKEN_MFA' }),
    awsError('InvalidParameterException'),
  );
  const chosen = await answer(setup, 'SELECT_MFA_TYPE', asked.Session, { ANSWER: 'EMAIL_OTP' });
  assert.equal(chosen.ChallengeName, 'EMAIL_OTP');
  const signedIn = await answer(setup, 'EMAIL_OTP', chosen.Session, { EMAIL_OTP_CODE: lastCode(setup) });
  assert.ok(signedIn.AuthenticationResult);

  await prefer(true);
  assert.equal((await adminSignIn(setup, 'ann', PASSWORD)).ChallengeName, 'SMS_MFA');
  await assert.rejects(
    sdk.adminSetUserMFAPreference({
      UserPoolId,
      Username: 'ann',
      SMSMfaSettings: { Enabled: true, PreferredMfa: true },
      EmailMfaSettings: { Enabled: true, PreferredMfa: true },
    }),
    awsError('InvalidParameterException'),
  );
});

test('refuses a factor with what its pool lacks', async (t) => {
  const setup = await setUp(t);
  const { sdk, UserPoolId } = setup;
  const set = (config: Omit<Parameters<typeof sdk.setUserPoolMfaConfig>[0], 'UserPoolId'>) =>
    sdk.setUserPoolMfaConfig({ UserPoolId, ...config });
  const invalid = awsError('InvalidParameterException');
  await assert.rejects(
    set({ MfaConfiguration: 'OFF', SoftwareTokenMfaConfiguration: { Enabled: true } }),
    awsError(
      'InvalidParameterException',
      "Invalid MFA configuration given, can't turn off MFA and configure an MFA together.",
    ),
  );
  await assert.rejects(set({ MfaConfiguration: 'ON' }), invalid);
  await assert.rejects(set({ MfaConfiguration: 'ON', SmsMfaConfiguration: {} }), invalid);
  await assert.rejects(set({ MfaConfiguration: 'ON', EmailMfaConfiguration: {} }), invalid);
  await set({ MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration: { Enabled: true } });
  const { MfaConfiguration, SoftwareTokenMfaConfiguration } = await sdk.getUserPoolMfaConfig({ UserPoolId });
  assert.deepEqual([MfaConfiguration, SoftwareTokenMfaConfiguration?.Enabled], ['OPTIONAL', true]);
});
