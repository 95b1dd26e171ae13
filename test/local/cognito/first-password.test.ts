import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { awsError } from '../../support/aws-error.ts';
import { DAY, MINUTE, type Setup, setUp } from './harness.ts';
import { adminSignIn, signInWithSrp } from './sign-in.ts';

const TEMPORARY = 'Temporary-1!';
const CHOSEN = 'Chosen-Horse-2!';

const invite = ({ sdk, UserPoolId }: Setup, more: object = {}) =>
  sdk.adminCreateUser({
    UserPoolId,
    Username: 'ann',
    TemporaryPassword: TEMPORARY,
    MessageAction: 'SUPPRESS',
    ...more,
  });

const choose = ({ sdk, UserPoolId, ClientId }: Setup, Session: string, more: Record<string, string> = {}) =>
  sdk.adminRespondToAuthChallenge({
    UserPoolId,
    ClientId,
    ChallengeName: 'NEW_PASSWORD_REQUIRED',
    Session,
    ChallengeResponses: { USERNAME: 'ann', NEW_PASSWORD: CHOSEN, ...more },
  });

async function challenge(setup: Setup) {
  const asked = await adminSignIn(setup, 'ann', TEMPORARY);
  assert.equal(asked.ChallengeName, 'NEW_PASSWORD_REQUIRED');
  return { session: asked.Session ?? '', parameters: asked.ChallengeParameters ?? {} };
}

test('replaces a temporary password, and signs in with the new one from then on', async (t) => {
  const setup = await setUp(t);
  const { User } = await invite(setup);
  assert.equal(User?.UserStatus, 'FORCE_CHANGE_PASSWORD');
  const { session, parameters } = await challenge(setup);
  assert.deepEqual(parameters, { USER_ID_FOR_SRP: 'ann', requiredAttributes: '[]', userAttributes: '{}' });

  const done = await choose(setup, session);

  const claims = await (await setup.verifier('access')).verify(done.AuthenticationResult?.AccessToken ?? '');
  assert.equal(claims.username, 'ann');
  const user = await setup.sdk.adminGetUser({ UserPoolId: setup.UserPoolId, Username: 'ann' });
  assert.equal(user.UserStatus, 'CONFIRMED');
  assert.ok((await signInWithSrp(setup, 'ann', CHOSEN)).AuthenticationResult);
  await assert.rejects(adminSignIn(setup, 'ann', TEMPORARY), awsError('NotAuthorizedException'));
});

test('accepts a first password by SRP, as login sends it', async (t) => {
  const setup = await setUp(t);
  await invite(setup);
  const asked = await signInWithSrp(setup, 'ann', TEMPORARY);
  assert.equal(asked.ChallengeName, 'NEW_PASSWORD_REQUIRED');
  const done = await setup.sdk.respondToAuthChallenge({
    ClientId: setup.ClientId,
    ChallengeName: 'NEW_PASSWORD_REQUIRED',
    Session: asked.Session,
    ChallengeResponses: { USERNAME: 'ann', NEW_PASSWORD: CHOSEN },
  });
  assert.ok(done.AuthenticationResult?.RefreshToken);
});

test('accepts a session once, for its own challenge, client and user', async (t) => {
  const setup = await setUp(t);
  const { sdk, UserPoolId } = setup;
  await invite(setup);
  await sdk.adminCreateUser({ UserPoolId, Username: 'bob', MessageAction: 'SUPPRESS' });
  const { session } = await challenge(setup);
  const invalid = awsError('NotAuthorizedException', 'Invalid session for the user.');
  await assert.rejects(choose(setup, 'x'.repeat(40)), invalid);
  await assert.rejects(choose(setup, session, { USERNAME: 'bob' }), invalid);
  await assert.rejects(choose({ ...setup, ClientId: await setup.addClient({}) }, session), invalid);
  await choose(setup, session);
  await assert.rejects(choose(setup, session), awsError('NotAuthorizedException', /only be used once/));
});

test('ends a session after the client’s AuthSessionValidity', async (t) => {
  const setup = await setUp(t);
  await invite(setup);
  const { session } = await challenge(setup);
  setup.advance(15 * MINUTE);
  await assert.rejects(
    choose(setup, session),
    awsError('NotAuthorizedException', 'Invalid session for the user, session is expired.'),
  );
});

const SPACED = 'Password must satisfy regular expression pattern: ^[\\S]+.*[\\S]+$';

test('names the rule that a weak password breaks, and keeps the session', async (t) => {
  const setup = await setUp(t);
  await invite(setup);
  const { session } = await challenge(setup);
  const rules = {
    'Aa1!': 'Password not long enough',
    'lower-case-1!': 'Password must have uppercase characters',
    'UPPER-CASE-1!': 'Password must have lowercase characters',
    'No-Numbers-!!': 'Password must have numeric characters',
    NoSymbols123: 'Password must have symbol characters',
    ' Has-Space-1': SPACED,
    'Has-Space-1 ': SPACED,
    'Has-Space-1\n': SPACED,
  };
  for (const [NEW_PASSWORD, rule] of Object.entries(rules)) {
    await assert.rejects(
      choose(setup, session, { NEW_PASSWORD }),
      awsError('InvalidPasswordException', `Password did not conform with policy: ${rule}`),
    );
  }
  assert.ok((await choose(setup, session, { NEW_PASSWORD: 'With Space 123' })).AuthenticationResult);
});

test('ends a temporary password after the policy’s days', async (t) => {
  const setup = await setUp(t);
  await invite(setup);
  setup.advance(7 * DAY - 1);
  assert.equal((await adminSignIn(setup, 'ann', TEMPORARY)).ChallengeName, 'NEW_PASSWORD_REQUIRED');
  setup.advance(1);
  await assert.rejects(
    adminSignIn(setup, 'ann', TEMPORARY),
    awsError(
      'NotAuthorizedException',
      'Temporary password has expired and must be reset by an administrator.',
    ),
  );
  await invite(setup, { MessageAction: 'RESEND' });
  assert.equal((await adminSignIn(setup, 'ann', TEMPORARY)).ChallengeName, 'NEW_PASSWORD_REQUIRED');
});

test('requires missing attributes with the new password', async (t) => {
  const setup = await setUp(t, {
    pool: { Schema: [{ Name: 'given_name', Mutable: true, Required: true }] },
  });
  await invite(setup);
  const { session, parameters } = await challenge(setup);
  assert.equal(parameters.requiredAttributes, '["userAttributes.given_name"]');
  await assert.rejects(
    choose(setup, session),
    awsError('InvalidParameterException', 'Invalid attributes given, given_name is missing'),
  );
  await assert.rejects(
    choose(setup, session, { 'userAttributes.nonsense': 'x' }),
    awsError('InvalidParameterException', /nonsense: Attribute does not exist in the schema/),
  );
  const done = await choose(setup, session, { 'userAttributes.given_name': 'Ann' });
  const id = await (await setup.verifier('id')).verify(done.AuthenticationResult?.IdToken ?? '');
  assert.equal(id.given_name, 'Ann');
});

test('refuses to change a required attribute that is set', async (t) => {
  const setup = await setUp(t, { pool: { Schema: [{ Name: 'email', Mutable: true, Required: true }] } });
  await invite(setup, { UserAttributes: [{ Name: 'email', Value: 'ann@example.com' }] });
  const { session, parameters } = await challenge(setup);
  assert.equal(parameters.requiredAttributes, '[]');
  assert.equal(parameters.userAttributes, '{"email":"ann@example.com"}');
  await assert.rejects(
    choose(setup, session, { 'userAttributes.email': 'eve@example.com' }),
    awsError('InvalidParameterException', 'Cannot modify an already provided email'),
  );
});

test('writes an invitation that AWS would mail to a private file', async (t) => {
  const setup = await setUp(t, {
    pool: {
      AdminCreateUserConfig: {
        AllowAdminCreateUserOnly: true,
        InviteMessageTemplate: { EmailSubject: 'Welcome', EmailMessage: '{username} has <{####}>' },
      },
    },
  });
  await setup.sdk.adminCreateUser({
    UserPoolId: setup.UserPoolId,
    Username: 'ann',
    DesiredDeliveryMediums: ['EMAIL'],
    UserAttributes: [{ Name: 'email', Value: 'ann@example.com' }],
  });
  const folder = join(setup.dataDir, 'outbox');
  const [file = ''] = readdirSync(folder);
  assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600);
  const mail = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  assert.equal(mail.to, 'ann@example.com');
  assert.equal(mail.subject, 'Welcome');
  const [, generated = ''] = /^ann has <(.+)>$/.exec(mail.body) ?? [];
  assert.equal((await adminSignIn(setup, 'ann', generated)).ChallengeName, 'NEW_PASSWORD_REQUIRED');
});

test('writes names and passwords into an invitation as they are', async (t) => {
  const body = '{username} has {####}';
  const setup = await setUp(t, {
    pool: { AdminCreateUserConfig: { InviteMessageTemplate: { EmailMessage: body, SMSMessage: body } } },
  });
  for (const [Username, TemporaryPassword] of [
    ['ann', 'A$$1-pass$&word'],
    ['$&-{####}', "B$`2-pass$'word"],
    ['ben', 'C3-{username}-word'],
  ] as const) {
    await setup.sdk.adminCreateUser({
      UserPoolId: setup.UserPoolId,
      Username,
      TemporaryPassword,
      DesiredDeliveryMediums: ['EMAIL'],
      UserAttributes: [{ Name: 'email', Value: 'ann@example.com' }],
    });
    assert.equal(setup.outbox().at(-1)?.body, `${Username} has ${TemporaryPassword}`);
  }
});

test('requires a user who never chose a password for RESEND', async (t) => {
  const setup = await setUp(t);
  await assert.rejects(invite(setup, { MessageAction: 'RESEND' }), awsError('UserNotFoundException'));
  await invite(setup);
  await choose(setup, (await challenge(setup)).session);
  await assert.rejects(
    invite(setup, { MessageAction: 'RESEND' }),
    awsError('UnsupportedUserStateException', 'Resend not possible. ann status is not FORCE_CHANGE_PASSWORD'),
  );
});
