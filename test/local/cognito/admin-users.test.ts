import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awsError } from '../../support/aws-error.ts';
import { confirmedUser, PASSWORD, type Setup, setUp } from './harness.ts';
import { adminSignIn, tokensOf } from './sign-in.ts';

const create = ({ sdk, UserPoolId }: Setup, Username: string, attributes: Record<string, string> = {}) =>
  sdk.adminCreateUser({
    UserPoolId,
    Username,
    MessageAction: 'SUPPRESS',
    UserAttributes: Object.entries(attributes).map(([Name, Value]) => ({ Name, Value })),
  });

const attributesOf = async ({ sdk, UserPoolId }: Setup, Username: string) => {
  const { UserAttributes = [] } = await sdk.adminGetUser({ UserPoolId, Username });
  return Object.fromEntries(UserAttributes.map(({ Name, Value }) => [Name, Value]));
};

test('creates, reads, lists and deletes a user', async (t) => {
  const setup = await setUp(t);
  const { sdk, UserPoolId, clock } = setup;
  const { User } = await create(setup, 'ann', { email: 'ann@example.com' });
  assert.equal(User?.UserCreateDate?.getTime(), clock.now().getTime());
  assert.equal(User?.Enabled, true);
  const { sub, ...attributes } = await attributesOf(setup, 'ann');
  assert.deepEqual(attributes, { email: 'ann@example.com' });
  assert.match(String(sub), /^[0-9a-f]{8}-/);
  assert.equal((await sdk.adminGetUser({ UserPoolId, Username: sub })).Username, 'ann');
  await assert.rejects(
    create(setup, 'ann'),
    awsError('UsernameExistsException', 'User account already exists'),
  );
  await sdk.adminDeleteUser({ UserPoolId, Username: 'ann' });
  await assert.rejects(
    sdk.adminGetUser({ UserPoolId, Username: 'ann' }),
    awsError('UserNotFoundException', 'User does not exist.'),
  );
  assert.deepEqual((await sdk.listUsers({ UserPoolId })).Users, []);
});

test('lists users page by page, each once, while some are deleted', async (t) => {
  const setup = await setUp(t);
  const { sdk, UserPoolId } = setup;
  const names = Array.from({ length: 65 }, (_, index) => `user-${index}`);
  for (const name of names) {
    await create(setup, name);
    setup.clock.advance(1);
  }
  setup.restart();
  const seen: string[] = [];
  let PaginationToken: string | undefined;
  do {
    const page = await sdk.listUsers({ UserPoolId, PaginationToken, ...(seen.length > 0 && { Limit: 2 }) });
    seen.push(...(page.Users ?? []).map(({ Username }) => Username ?? ''));
    if (PaginationToken === undefined) await sdk.adminDeleteUser({ UserPoolId, Username: 'user-3' });
    PaginationToken = page.PaginationToken;
  } while (PaginationToken);
  assert.deepEqual(seen, names);
});

test('filters, narrows and limits ListUsers', async (t) => {
  const setup = await setUp(t);
  const { sdk, UserPoolId } = setup;
  await create(setup, 'ann', { email: 'ann@example.com', given_name: 'Ann "The" Other' });
  await create(setup, 'anton', { email: 'anton@example.com' });
  await create(setup, 'bob', { email: 'bob@example.org' });
  await sdk.adminDisableUser({ UserPoolId, Username: 'bob' });
  const named = async (Filter: string) =>
    ((await sdk.listUsers({ UserPoolId, Filter })).Users ?? []).map(({ Username }) => Username).sort();
  assert.deepEqual(await named('username ^= "an"'), ['ann', 'anton']);
  assert.deepEqual(await named('email = "bob@example.org"'), ['bob']);
  assert.deepEqual(await named('given_name = "Ann \\"The\\" Other"'), ['ann']);
  assert.deepEqual(await named('status = "Disabled"'), ['bob']);
  assert.deepEqual(await named('cognito:user_status = "CONFIRMED"'), []);
  await assert.rejects(named('shoe_size = "9"'), awsError('InvalidParameterException'));
  await assert.rejects(named('email ~ "x"'), awsError('InvalidParameterException'));
  const { Users, PaginationToken } = await sdk.listUsers({
    UserPoolId,
    Limit: 2,
    AttributesToGet: ['email'],
  });
  assert.equal(Users?.length, 2);
  assert.ok(PaginationToken);
  assert.deepEqual(
    Users?.[0]?.Attributes?.map(({ Name }) => Name),
    ['email'],
  );
  await assert.rejects(
    sdk.listUsers({ UserPoolId, PaginationToken: '???' }),
    awsError('InvalidParameterException'),
  );
});

test('accepts attributes of the schema only; a new address is unverified', async (t) => {
  const setup = await setUp(t, {
    pool: {
      Schema: [
        {
          Name: 'team',
          AttributeDataType: 'String',
          Mutable: true,
          StringAttributeConstraints: { MinLength: '2', MaxLength: '4' },
        },
        {
          Name: 'badge',
          AttributeDataType: 'Number',
          Mutable: false,
          NumberAttributeConstraints: { MinValue: '1' },
        },
      ],
    },
  });
  const { sdk, UserPoolId } = setup;
  await create(setup, 'ann', { email: 'ann@example.com', email_verified: 'True', 'custom:badge': '7' });
  const update = (Name: string, Value: string) =>
    sdk.adminUpdateUserAttributes({ UserPoolId, Username: 'ann', UserAttributes: [{ Name, Value }] });
  const refused = (name: string, value: string, message: RegExp) =>
    assert.rejects(update(name, value), awsError('InvalidParameterException', message));
  await refused('custom:team', 'x', /custom:team/);
  await refused('custom:team', 'xxxxx', /custom:team/);
  await refused('custom:badge', '8', /non-mutable/);
  await refused('sub', 'x', /non-mutable/);
  await refused('email', 'nowhere', /Invalid email address format/);
  await refused('phone_number', '12', /Invalid phone number format/);
  await refused('shoe_size', '9', /shoe_size: Attribute does not exist in the schema/);
  await update('custom:team', 'red');
  await update('email', 'ann@example.org');
  const { sub: _, ...attributes } = await attributesOf(setup, 'ann');
  assert.deepEqual(attributes, {
    email: 'ann@example.org',
    email_verified: 'false',
    'custom:badge': '7',
    'custom:team': 'red',
  });
  await update('custom:team', '');
  assert.equal((await attributesOf(setup, 'ann'))['custom:team'], undefined);
});

test('refuses sign-ins and tokens of a disabled user', async (t) => {
  const setup = await setUp(t);
  const { sdk, UserPoolId } = setup;
  await confirmedUser(setup);
  const { access } = await tokensOf(setup, 'ann', PASSWORD);
  await sdk.adminDisableUser({ UserPoolId, Username: 'ann' });
  await assert.rejects(sdk.getUser({ AccessToken: access }), awsError('NotAuthorizedException'));
  await assert.rejects(
    adminSignIn(setup, 'ann', PASSWORD),
    awsError('NotAuthorizedException', 'User is disabled.'),
  );
  await assert.rejects(
    adminSignIn(setup, 'ann', 'Wrong-Horse-1!'),
    awsError('NotAuthorizedException', 'Incorrect username or password.'),
  );
  await sdk.adminEnableUser({ UserPoolId, Username: 'ann' });
  assert.ok((await adminSignIn(setup, 'ann', PASSWORD)).AuthenticationResult);
});

test('sets a permanent or a temporary password within the policy', async (t) => {
  const setup = await setUp(t);
  const { sdk, UserPoolId } = setup;
  await confirmedUser(setup);
  const set = (Password: string, Permanent?: boolean) =>
    sdk.adminSetUserPassword({ UserPoolId, Username: 'ann', Password, ...(Permanent ? { Permanent } : {}) });
  await assert.rejects(
    set('short', true),
    awsError('InvalidPasswordException', 'Password did not conform with policy: Password not long enough'),
  );
  await set('Temporary-2!');
  assert.equal((await adminSignIn(setup, 'ann', 'Temporary-2!')).ChallengeName, 'NEW_PASSWORD_REQUIRED');
  await set('Permanent-3!', true);
  assert.ok((await adminSignIn(setup, 'ann', 'Permanent-3!')).AuthenticationResult);
});

test('signs in by address if addresses are user names; the username is an ID', async (t) => {
  const setup = await setUp(t, {
    pool: { UsernameAttributes: ['email'], UsernameConfiguration: { CaseSensitive: false } },
  });
  const { sdk, UserPoolId } = setup;
  await assert.rejects(
    create(setup, 'ann'),
    awsError('InvalidParameterException', 'Username should be an email.'),
  );
  await confirmedUser(setup, 'Ann@example.com');
  const { Username = '' } = await sdk.adminGetUser({ UserPoolId, Username: 'ann@EXAMPLE.com' });
  assert.match(Username, /^[0-9a-f]{8}-/);
  const answer = await adminSignIn(setup, 'ANN@example.com', PASSWORD);
  const claims = await (await setup.verifier('access')).verify(
    answer.AuthenticationResult?.AccessToken ?? '',
  );
  assert.equal(claims.username, Username);
  assert.equal(claims.sub, Username);
  await assert.rejects(create(setup, 'ann@example.com'), awsError('UsernameExistsException'));
});

test('signs in by verified addresses only if addresses are aliases', async (t) => {
  const setup = await setUp(t, { pool: { AliasAttributes: ['email'] } });
  await create(setup, 'bob', { email: 'bob@example.com' });
  await setup.sdk.adminSetUserPassword({
    UserPoolId: setup.UserPoolId,
    Username: 'bob',
    Password: PASSWORD,
    Permanent: true,
  });
  await assert.rejects(adminSignIn(setup, 'bob@example.com', PASSWORD), awsError('NotAuthorizedException'));
  await setup.sdk.adminUpdateUserAttributes({
    UserPoolId: setup.UserPoolId,
    Username: 'bob',
    UserAttributes: [{ Name: 'email_verified', Value: 'true' }],
  });
  assert.ok((await adminSignIn(setup, 'bob@example.com', PASSWORD)).AuthenticationResult);
  await assert.rejects(
    create(setup, 'eve@example.com'),
    awsError('InvalidParameterException', /email alias/),
  );
  await assert.rejects(
    create(setup, 'eve', { email: 'bob@example.com', email_verified: 'true' }),
    awsError('AliasExistsException'),
  );
  await create(setup, 'eve', { email: 'bob@example.com' });
  await assert.rejects(
    setup.sdk.adminUpdateUserAttributes({
      UserPoolId: setup.UserPoolId,
      Username: 'eve',
      UserAttributes: [{ Name: 'email_verified', Value: 'true' }],
    }),
    awsError('AliasExistsException', 'An account with the email already exists.'),
  );
});
