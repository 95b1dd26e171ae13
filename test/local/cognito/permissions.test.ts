import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awsError } from '../../support/aws-error.ts';
import { CLIENT, confirmedUser, PASSWORD, request, resource, type Setup, setUp } from './harness.ts';
import { tokensOf } from './sign-in.ts';

const POOL = {
  Schema: [{ Name: 'team', AttributeDataType: 'String', Mutable: true }],
};

async function signedIn(setup: Setup) {
  await confirmedUser(setup);
  const { access: AccessToken, id } = await tokensOf(setup, 'ann', PASSWORD);
  const update = (Name: string, Value: string) =>
    setup.sdk.updateUserAttributes({ AccessToken, UserAttributes: [{ Name, Value }] });
  const own = async () => {
    const { UserAttributes = [] } = await setup.sdk.getUser({ AccessToken });
    return Object.fromEntries(UserAttributes.map(({ Name, Value }) => [Name, Value]));
  };
  return { update, own, id };
}

const UNAUTHORIZED = awsError('NotAuthorizedException', 'A client attempted to write unauthorized attribute');

test('lets a user change the attributes that the client writes, and no others', async (t) => {
  const setup = await setUp(t, { pool: POOL, client: { WriteAttributes: ['name'] } });
  const { update, own } = await signedIn(setup);
  await update('name', 'Ann');
  assert.equal((await own()).name, 'Ann');
  for (const name of ['email', 'nickname', 'custom:team'])
    await assert.rejects(update(name, 'a@b'), UNAUTHORIZED);
  await assert.rejects(update('email_verified', 'true'), UNAUTHORIZED);
  await assert.rejects(
    update('nonsense', 'x'),
    awsError('InvalidParameterException', /not exist in the schema/),
  );
  assert.equal((await own()).email, 'ann@example.com');
});

test('lets a client write and read the standard attributes by default', async (t) => {
  const setup = await setUp(t, { pool: POOL, client: { WriteAttributes: [] } });
  const { update, own } = await signedIn(setup);
  await update('email', 'new@example.com');
  const { email, email_verified } = await own();
  assert.deepEqual([email, email_verified], ['new@example.com', 'false']);
  await assert.rejects(update('custom:team', 'red'), UNAUTHORIZED);
  await assert.rejects(update('email_verified', 'true'), UNAUTHORIZED);
});

test('applies the same list to the attributes of a new password', async (t) => {
  const setup = await setUp(t, { client: { WriteAttributes: ['name'] } });
  const { sdk, UserPoolId, ClientId } = setup;
  await sdk.adminCreateUser({
    UserPoolId,
    Username: 'bob',
    TemporaryPassword: PASSWORD,
    MessageAction: 'SUPPRESS',
  });
  const asked = await sdk.adminInitiateAuth({
    UserPoolId,
    ClientId,
    AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: 'bob', PASSWORD },
  });
  const answer = (attribute: string) =>
    sdk.adminRespondToAuthChallenge({
      UserPoolId,
      ClientId,
      ChallengeName: 'NEW_PASSWORD_REQUIRED',
      Session: asked.Session,
      ChallengeResponses: {
        USERNAME: 'bob',
        NEW_PASSWORD: 'Other-Horse-2!',
        [`userAttributes.${attribute}`]: 'Bob',
      },
    });
  await assert.rejects(answer('nickname'), UNAUTHORIZED);
  assert.ok((await answer('name')).AuthenticationResult);
});

test('returns what the client reads from GetUser and in ID tokens', async (t) => {
  const setup = await setUp(t, { pool: POOL, client: { ReadAttributes: ['name', 'custom:team'] } });
  const { sdk, UserPoolId } = setup;
  await confirmedUser(setup, 'bea');
  await sdk.adminUpdateUserAttributes({
    UserPoolId,
    Username: 'bea',
    UserAttributes: [
      { Name: 'custom:team', Value: 'red' },
      { Name: 'name', Value: 'Bea' },
    ],
  });
  const { access, id } = await tokensOf(setup, 'bea', PASSWORD);
  const { UserAttributes = [] } = await sdk.getUser({ AccessToken: access });
  assert.deepEqual(UserAttributes.map(({ Name }) => Name).sort(), ['custom:team', 'name', 'sub']);
  const claims = await (await setup.verifier('id')).verify(id);
  assert.equal(claims['custom:team'], 'red');
  assert.equal(claims.email, undefined);
});

test('refuses a client with attributes that its pool lacks', async (t) => {
  const setup = await setUp(t, { pool: { Schema: [{ Name: 'email', Required: true, Mutable: true }] } });
  const create = (properties: object) =>
    resource(setup.cognito(), 'AWS::Cognito::UserPoolClient').create(
      request('Other', { ...CLIENT, UserPoolId: setup.UserPoolId, ...properties }),
    );
  const write = awsInvalid('Invalid write attributes specified while creating a client');
  const read = awsInvalid('Invalid read attributes specified while creating a client');
  for (const name of ['custom:team', 'sub', 'email_verified', 'phone_number_verified', 'nonsense']) {
    await assert.rejects(create({ WriteAttributes: ['email', name] }), write, name);
  }
  await assert.rejects(create({ WriteAttributes: ['name'] }), write, 'email is required');
  await assert.rejects(create({ ReadAttributes: ['nonsense'] }), read);
  await create({ WriteAttributes: ['email', 'name'], ReadAttributes: ['email_verified'] });
});

const awsInvalid = (message: string) => ({ code: 'InvalidParameterException', message });

test('requires a code to change an address that the pool verifies', async (t) => {
  const setup = await setUp(t, { pool: { AutoVerifiedAttributes: ['email'] } });
  const { update } = await signedIn(setup);
  await assert.rejects(
    update('email', 'x@example.com'),
    awsError('InvalidParameterException', /does not support the verification of a changed email/),
  );
  await update('name', 'Ann');
});
