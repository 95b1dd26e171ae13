import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awsError } from '../../support/aws-error.ts';
import { confirmedUser, PASSWORD, type Setup, setUp } from './harness.ts';
import { tokensOf } from './sign-in.ts';

/** Returns every operation that sets a password, except a user's first one: see `first-password.test.ts`. */
async function waysOf(setup: Setup): Promise<Record<string, (password: string) => Promise<unknown>>> {
  const { sdk, UserPoolId, ClientId } = setup;
  await confirmedUser(setup);
  const { access: AccessToken } = await tokensOf(setup, 'ann', PASSWORD);
  let users = 0;
  return {
    AdminCreateUser: (TemporaryPassword) =>
      sdk.adminCreateUser({
        UserPoolId,
        Username: `user-${users++}`,
        TemporaryPassword,
        MessageAction: 'SUPPRESS',
      }),
    'AdminSetUserPassword, permanent': (Password) =>
      sdk.adminSetUserPassword({ UserPoolId, Username: 'ann', Password, Permanent: true }),
    AdminSetUserPassword: (Password) =>
      sdk.adminSetUserPassword({ UserPoolId, Username: 'ann', Password, Permanent: false }),
    ChangePassword: (ProposedPassword) =>
      sdk.changePassword({ AccessToken, PreviousPassword: PASSWORD, ProposedPassword }),
    ConfirmForgotPassword: (Password) =>
      sdk.confirmForgotPassword({ ClientId, Username: 'ann', ConfirmationCode: '000000', Password }),
  };
}

test('applies one password rule to every operation that sets a password', async (t) => {
  const setup = await setUp(t);
  const pattern =
    /failed to satisfy constraint: Member must satisfy regular expression pattern: \^\[\\S\]\+\.\*\[\\S\]\+\$/;
  const refused: readonly (readonly [string, string, RegExp])[] = [
    [' Leading-Space-1', 'InvalidParameterException', pattern],
    ['Trailing-Space-1 ', 'InvalidParameterException', pattern],
    ['Trailing-Line-1\n', 'InvalidParameterException', pattern],
    ['Inner-Line-1\nx', 'InvalidParameterException', pattern],
    ['\tTab-1x', 'InvalidParameterException', pattern],
    [`Aa1!${'x'.repeat(253)}`, 'InvalidParameterException', /less than or equal to 256/],
    ['Sh0rt!', 'InvalidPasswordException', /not long enough/],
    ['no-upper-case-1', 'InvalidPasswordException', /uppercase/],
  ];
  for (const [way, set] of Object.entries(await waysOf(setup))) {
    for (const [password, name, message] of refused) {
      await assert.rejects(set(password), awsError(name, message), `${way}: ${JSON.stringify(password)}`);
    }
  }
});

test('accepts a password of 256 characters with spaces within', async (t) => {
  const setup = await setUp(t);
  const long = `Aa1 ${'x'.repeat(252)}`;
  await confirmedUser(setup, 'ann', long);
  assert.ok((await tokensOf(setup, 'ann', long)).access);
});

test('checks a password of any number of spaces at once', async (t) => {
  const { sdk, UserPoolId } = await setUp(t);
  const Password = `x${' '.repeat(900_000)}`;
  await assert.rejects(
    sdk.adminSetUserPassword({ UserPoolId, Username: 'ann', Password, Permanent: true }),
    awsError('InvalidParameterException', /less than or equal to 256/),
  );
});

test('refuses invalid user names in every operation', async (t) => {
  const setup = await setUp(t);
  const { sdk, UserPoolId, ClientId } = setup;
  const ways: Record<string, (Username: string) => Promise<unknown>> = {
    AdminCreateUser: (Username) => sdk.adminCreateUser({ UserPoolId, Username, MessageAction: 'SUPPRESS' }),
    AdminGetUser: (Username) => sdk.adminGetUser({ UserPoolId, Username }),
    AdminDeleteUser: (Username) => sdk.adminDeleteUser({ UserPoolId, Username }),
    ForgotPassword: (Username) => sdk.forgotPassword({ ClientId, Username }),
  };
  for (const [way, call] of Object.entries(ways)) {
    for (const name of [
      'two words',
      ' ann',
      'ann ',
      'a\nb',
      'a\tb',
      'a\u00a0b',
      'a\u200bb',
      '\u0000',
      'x'.repeat(129),
    ]) {
      await assert.rejects(
        call(name),
        awsError('InvalidParameterException'),
        `${way}: ${JSON.stringify(name)}`,
      );
    }
  }
  for (const name of ['ann', 'ann+1@example.com', 'Łukasz-ß', '日本', '§+♥', 'x'.repeat(128)]) {
    await sdk.adminCreateUser({ UserPoolId, Username: name, MessageAction: 'SUPPRESS' });
  }
});
