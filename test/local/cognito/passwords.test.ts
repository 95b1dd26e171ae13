import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awsError } from '../../support/aws-error.ts';
import { confirmedUser, MINUTE, PASSWORD, type Setup, setUp } from './harness.ts';
import { adminSignIn, signInWithSrp, tokensOf } from './sign-in.ts';

const NEXT = 'Next-Horse-2!';

const lastCode = ({ outbox }: Setup) => /\d{6}/.exec(outbox().at(-1)?.body ?? '')?.[0] ?? '';

const confirm = ({ sdk, ClientId }: Setup, ConfirmationCode: string, Password = NEXT, Username = 'ann') =>
  sdk.confirmForgotPassword({ ClientId, Username, ConfirmationCode, Password });

test('changes the password of a signed-in user with the old one', async (t) => {
  const setup = await setUp(t);
  await confirmedUser(setup);
  const { access: AccessToken } = await tokensOf(setup, 'ann', PASSWORD);
  const change = (PreviousPassword: string, ProposedPassword: string) =>
    setup.sdk.changePassword({ AccessToken, PreviousPassword, ProposedPassword });
  await assert.rejects(
    change('Wrong-Horse-1!', NEXT),
    awsError('NotAuthorizedException', 'Incorrect username or password.'),
  );
  await assert.rejects(change(PASSWORD, 'weak'), awsError('InvalidPasswordException'));
  await change(PASSWORD, NEXT);
  assert.ok((await signInWithSrp(setup, 'ann', NEXT)).AuthenticationResult);
  await assert.rejects(signInWithSrp(setup, 'ann', PASSWORD), awsError('NotAuthorizedException'));
});

test('resets a forgotten password once with the mailed code', async (t) => {
  const setup = await setUp(t);
  await confirmedUser(setup);
  const { ClientId } = setup;
  const asked = await setup.sdk.forgotPassword({ ClientId, Username: 'ann' });
  assert.deepEqual(asked.CodeDeliveryDetails, {
    AttributeName: 'email',
    DeliveryMedium: 'EMAIL',
    Destination: 'a***@e***',
  });
  const code = lastCode(setup);
  const wrong = code === '000000' ? '000001' : '000000';
  await assert.rejects(confirm(setup, wrong), awsError('CodeMismatchException'));
  await assert.rejects(confirm(setup, code, 'weak'), awsError('InvalidPasswordException'));
  await confirm(setup, code);
  assert.ok((await signInWithSrp(setup, 'ann', NEXT)).AuthenticationResult);
  await assert.rejects(confirm(setup, code), awsError('ExpiredCodeException'));
});

test('ends a code after an hour, and after five wrong ones', async (t) => {
  const setup = await setUp(t);
  await confirmedUser(setup);
  const { ClientId } = setup;
  await setup.sdk.forgotPassword({ ClientId, Username: 'ann' });
  setup.advance(60 * MINUTE);
  await assert.rejects(confirm(setup, lastCode(setup)), awsError('ExpiredCodeException'));
  await setup.sdk.forgotPassword({ ClientId, Username: 'ann' });
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    await assert.rejects(confirm(setup, 'nonsense'), awsError('CodeMismatchException'));
  }
  await assert.rejects(confirm(setup, lastCode(setup)), awsError('ExpiredCodeException'));
});

test('answers alike for an unknown user if the client hides users', async (t) => {
  const setup = await setUp(t);
  const { ClientId } = setup;
  const asked = await setup.sdk.forgotPassword({ ClientId, Username: 'nobody' });
  assert.equal(asked.CodeDeliveryDetails?.Destination, 'n***@n***');
  await assert.rejects(confirm(setup, '123456', NEXT, 'nobody'), awsError('ExpiredCodeException'));
  const legacy = await setup.addClient({ PreventUserExistenceErrors: 'LEGACY' });
  await assert.rejects(
    setup.sdk.forgotPassword({ ClientId: legacy, Username: 'nobody' }),
    awsError('UserNotFoundException'),
  );
});

test('disables a password that an administrator reset until a code sets another', async (t) => {
  const setup = await setUp(t);
  const { UserPoolId } = setup;
  await confirmedUser(setup);
  await setup.sdk.adminResetUserPassword({ UserPoolId, Username: 'ann' });
  assert.equal((await setup.sdk.adminGetUser({ UserPoolId, Username: 'ann' })).UserStatus, 'RESET_REQUIRED');
  await assert.rejects(
    adminSignIn(setup, 'ann', PASSWORD),
    awsError('PasswordResetRequiredException', 'Password reset required for the user'),
  );
  await confirm(setup, lastCode(setup));
  assert.ok((await adminSignIn(setup, 'ann', NEXT)).AuthenticationResult);
});

test('sends no code without a verified address, or before the first password', async (t) => {
  const setup = await setUp(t);
  const { sdk, UserPoolId, ClientId } = setup;
  await sdk.adminCreateUser({ UserPoolId, Username: 'bob', MessageAction: 'SUPPRESS' });
  await assert.rejects(sdk.forgotPassword({ ClientId, Username: 'bob' }), awsError('NotAuthorizedException'));
  await sdk.adminSetUserPassword({ UserPoolId, Username: 'bob', Password: PASSWORD, Permanent: true });
  await assert.rejects(
    sdk.forgotPassword({ ClientId, Username: 'bob' }),
    awsError('InvalidParameterException', /no registered\/verified email/),
  );
});
