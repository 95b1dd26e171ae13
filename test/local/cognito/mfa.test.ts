import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeAt, stepAt } from '../../../local/cognito/challenges/software-token.ts';
import { awsError } from '../../support/aws-error.ts';
import { confirmedUser, MINUTE, PASSWORD, type Setup, setUp } from './harness.ts';
import { adminSignIn, tokensOf } from './sign-in.ts';

const OPTIONAL = { pool: { MfaConfiguration: 'OPTIONAL', EnabledMfas: ['SOFTWARE_TOKEN_MFA'] } };
const ON = { pool: { MfaConfiguration: 'ON', EnabledMfas: ['SOFTWARE_TOKEN_MFA'] } };
const STEP = 30_000;

const codeNow = ({ clock }: Setup, secret: string) => codeAt(secret, stepAt(clock.now()));

async function addApp(setup: Setup) {
  const { sdk } = setup;
  const { access: AccessToken } = await tokensOf(setup, 'ann', PASSWORD);
  const { SecretCode = '' } = await sdk.associateSoftwareToken({ AccessToken });
  await sdk.verifySoftwareToken({ AccessToken, UserCode: codeNow(setup, SecretCode) });
  await sdk.setUserMFAPreference({
    AccessToken,
    SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true },
  });
  setup.advance(STEP);
  return SecretCode;
}

const answer = ({ sdk, ClientId }: Setup, Session: string | undefined, code: string) =>
  sdk.respondToAuthChallenge({
    ClientId,
    ChallengeName: 'SOFTWARE_TOKEN_MFA',
    Session,
    ChallengeResponses: { USERNAME: 'ann', SOFTWARE_TOKEN_MFA_CODE: code },
  });

test('computes the codes of RFC 6238', () => {
  // Appendix B, SHA-1, shortened to six digits; the secret is the ASCII text 12345678901234567890.
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
  const vectors = { 59: '287082', 1111111109: '081804', 1234567890: '005924', 2000000000: '279037' };
  for (const [seconds, code] of Object.entries(vectors)) {
    assert.equal(codeAt(secret, stepAt(new Date(Number(seconds) * 1000))), code);
  }
});

test('asks for the code of an app that is set up, and accepts each once', async (t) => {
  const setup = await setUp(t, OPTIONAL);
  await confirmedUser(setup);
  const { UserPoolId } = setup;
  const named = { UserPoolId, Username: 'ann' };
  await assert.rejects(
    setup.sdk.adminSetUserMFAPreference({ ...named, SoftwareTokenMfaSettings: { Enabled: true } }),
    awsError(
      'InvalidParameterException',
      'User does not have delivery config set to turn on SOFTWARE_TOKEN_MFA',
    ),
  );
  const secret = await addApp(setup);
  const { UserMFASettingList } = await setup.sdk.adminGetUser({ UserPoolId, Username: 'ann' });
  assert.deepEqual(UserMFASettingList, ['SOFTWARE_TOKEN_MFA']);
  const asked = await adminSignIn(setup, 'ann', PASSWORD);
  assert.equal(asked.ChallengeName, 'SOFTWARE_TOKEN_MFA');
  assert.equal(asked.AuthenticationResult, undefined);
  const wrong = codeAt(secret, stepAt(setup.clock.now()) + 10);
  await assert.rejects(
    answer(setup, asked.Session, wrong),
    awsError('CodeMismatchException', 'Invalid code received for user'),
  );
  const code = codeNow(setup, secret);
  assert.ok((await answer(setup, asked.Session, code)).AuthenticationResult);
  const again = await adminSignIn(setup, 'ann', PASSWORD);
  await assert.rejects(
    answer(setup, again.Session, code),
    awsError('ExpiredCodeException', 'Your software token has already been used once.'),
  );
  setup.advance(STEP);
  assert.ok((await answer(setup, again.Session, codeNow(setup, secret))).AuthenticationResult);
});

test('keeps an app usable in a pool that no longer offers apps, unless MFA is off', async (t) => {
  const setup = await setUp(t, OPTIONAL);
  const { sdk, UserPoolId } = setup;
  await confirmedUser(setup);
  const secret = await addApp(setup);
  const SmsConfiguration = { SnsCallerArn: 'arn:aws:iam::000000000000:role/sms' };
  const SmsMfaConfiguration = { SmsConfiguration };
  await sdk.setUserPoolMfaConfig({ UserPoolId, MfaConfiguration: 'OPTIONAL', SmsMfaConfiguration });
  const asked = await adminSignIn(setup, 'ann', PASSWORD);
  const { AuthenticationResult } = await answer(setup, asked.Session, codeNow(setup, secret));
  const AccessToken = AuthenticationResult?.AccessToken;
  await assert.rejects(
    sdk.associateSoftwareToken({ AccessToken }),
    awsError('SoftwareTokenMFANotFoundException', 'Software Token MFA has not been enabled by the userPool'),
  );
  await sdk.setUserPoolMfaConfig({ UserPoolId, MfaConfiguration: 'OFF' });
  assert.ok((await adminSignIn(setup, 'ann', PASSWORD)).AuthenticationResult);
});

test('sets up a required factor before the first tokens', async (t) => {
  const setup = await setUp(t, ON);
  const { sdk, ClientId } = setup;
  await confirmedUser(setup);
  const asked = await adminSignIn(setup, 'ann', PASSWORD);
  assert.equal(asked.ChallengeName, 'MFA_SETUP');
  assert.equal(asked.ChallengeParameters?.MFAS_CAN_SETUP, '["SOFTWARE_TOKEN_MFA"]');
  const finish = (Session: string | undefined) =>
    sdk.respondToAuthChallenge({
      ClientId,
      ChallengeName: 'MFA_SETUP',
      Session,
      ChallengeResponses: { USERNAME: 'ann' },
    });
  await assert.rejects(finish(asked.Session), awsError('InvalidParameterException'));
  const associated = await sdk.associateSoftwareToken({ Session: asked.Session });
  await assert.rejects(finish(associated.Session), awsError('InvalidParameterException'));
  const secret = associated.SecretCode ?? '';
  const wrong = codeAt(secret, stepAt(setup.clock.now()) + 10);
  await assert.rejects(
    sdk.verifySoftwareToken({ Session: associated.Session, UserCode: wrong }),
    awsError('EnableSoftwareTokenMFAException'),
  );
  const verified = await sdk.verifySoftwareToken({
    Session: associated.Session,
    UserCode: codeNow(setup, secret),
  });
  assert.equal(verified.Status, 'SUCCESS');
  assert.ok((await finish(verified.Session)).AuthenticationResult);
  assert.equal((await adminSignIn(setup, 'ann', PASSWORD)).ChallengeName, 'SOFTWARE_TOKEN_MFA');
});

test('locks the user after wrong codes as after wrong passwords, across sign-ins', async (t) => {
  const setup = await setUp(t, OPTIONAL);
  await confirmedUser(setup);
  const secret = await addApp(setup);
  const wrong = codeAt(secret, stepAt(setup.clock.now()) + 10);
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    const { Session } = await adminSignIn(setup, 'ann', PASSWORD);
    await assert.rejects(answer(setup, Session, wrong), awsError('CodeMismatchException'));
  }
  await assert.rejects(
    adminSignIn(setup, 'ann', PASSWORD),
    awsError('NotAuthorizedException', 'Password attempts exceeded'),
  );
  setup.advance(15 * MINUTE);
  const { Session } = await adminSignIn(setup, 'ann', PASSWORD);
  assert.ok((await answer(setup, Session, codeNow(setup, secret))).AuthenticationResult);
});

test('refuses apps in a pool without MFA, and factors that it lacks', async (t) => {
  const setup = await setUp(t);
  const { sdk } = setup;
  await confirmedUser(setup);
  const { access: AccessToken } = await tokensOf(setup, 'ann', PASSWORD);
  await assert.rejects(
    sdk.associateSoftwareToken({ AccessToken }),
    awsError('SoftwareTokenMFANotFoundException'),
  );
  await assert.rejects(
    sdk.setUserMFAPreference({ AccessToken, SMSMfaSettings: { Enabled: true } }),
    awsError('InvalidParameterException', /SMS_MFA/),
  );
});

test('refuses passkeys and custom challenges by name', async (t) => {
  const { sdk, ClientId } = await setUp(t);
  for (const ChallengeName of ['WEB_AUTHN', 'CUSTOM_CHALLENGE', 'SMS_OTP'] as const) {
    await assert.rejects(
      sdk.respondToAuthChallenge({ ClientId, ChallengeName, Session: 'x'.repeat(20) }),
      awsError('InvalidParameterException', new RegExp(`does not support the challenge ${ChallengeName}`)),
    );
  }
});
