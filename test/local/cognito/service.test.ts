import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CognitoIdentityProvider } from '@aws-sdk/client-cognito-identity-provider';
import type { JsonObject } from '../../../local/json.ts';
import { awsError } from '../../support/aws-error.ts';
import { confirmedUser, PASSWORD, setUp } from './harness.ts';

const post = (endpoint: string, operation: string, body: string) =>
  fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
    },
    body,
  });

test('names an error in the body and in a header, with a request ID', async (t) => {
  const { endpoint } = await setUp(t);
  const answer = await post(endpoint, 'InitiateAuth', '{"ClientId":"nobody1","AuthFlow":"USER_SRP_AUTH"}');
  assert.equal(answer.status, 400);
  assert.equal(answer.headers.get('content-type'), 'application/x-amz-json-1.1');
  assert.equal(answer.headers.get('x-amzn-errortype'), 'ResourceNotFoundException:');
  assert.match(answer.headers.get('x-amzn-requestid') ?? '', /^[0-9a-f-]{36}$/);
  assert.deepEqual(await answer.json(), {
    __type: 'ResourceNotFoundException',
    message: 'User pool client nobody1 does not exist.',
  });
});

test('requires the right signature for administrators’ operations', async (t) => {
  const { endpoint, sdk, UserPoolId } = await setUp(t);
  const unsigned = await post(endpoint, 'AdminGetUser', `{"UserPoolId":"${UserPoolId}","Username":"ann"}`);
  assert.equal(unsigned.status, 400);
  assert.deepEqual(await unsigned.json(), {
    __type: 'MissingAuthenticationTokenException',
    message: 'Missing Authentication Token',
  });
  const stranger = new CognitoIdentityProvider({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'wrong' },
    maxAttempts: 1,
  });
  t.after(() => stranger.destroy());
  await assert.rejects(stranger.listUsers({ UserPoolId }), awsError('InvalidSignatureException'));
  assert.deepEqual((await sdk.listUsers({ UserPoolId })).Users, []);
});

test('refuses an unknown operation by name', async (t) => {
  const { endpoint, sdk, ClientId } = await setUp(t);
  await assert.rejects(
    sdk.signUp({ ClientId, Username: 'ann', Password: PASSWORD }),
    awsError('UnknownOperationException', 'The embedded cloud does not support the operation SignUp.'),
  );
  const nameless = await fetch(endpoint, { method: 'POST', body: '{}' });
  assert.equal(nameless.status, 400);
  assert.match(await nameless.text(), /UnknownOperationException/);
});

test('refuses an unknown member by name, except those that only triggers and analytics read', async (t) => {
  const { sdk, ClientId, UserPoolId } = await setUp(t);
  const ann = { UserPoolId, Username: 'ann' };
  const unread = { ClientMetadata: { a: 'b' }, ValidationData: [{ Name: 'a', Value: 'b' }] };
  await sdk.adminCreateUser({ ...ann, ...unread, MessageAction: 'SUPPRESS' });
  const forgotten = { ClientId, Username: 'nobody', AnalyticsMetadata: { AnalyticsEndpointId: 'a' } };
  await sdk.forgotPassword({ ...forgotten, UserContextData: { IpAddress: '203.0.113.1' } });
  for (const [call, name] of [
    [
      sdk.adminSetUserMFAPreference({ ...ann, WebAuthnMfaSettings: { Enabled: true } }),
      'WebAuthnMfaSettings',
    ],
    [
      sdk.updateUserPoolClient({ UserPoolId, ClientId, AnalyticsConfiguration: {} }),
      'AnalyticsConfiguration',
    ],
  ] as const) {
    const message = `The embedded cloud does not support the parameter ${name}.`;
    await assert.rejects(call, awsError('InvalidParameterException', message));
  }
});

test('checks members that it does not read', async (t) => {
  const { endpoint, sdk, ClientId, UserPoolId } = await setUp(t);
  const ann = { UserPoolId, Username: 'ann' };
  const ContextData = { IpAddress: '203.0.113.1', ServerName: 'a', ServerPath: undefined, HttpHeaders: [] };
  for (const [call, member] of [
    [
      sdk.adminCreateUser({ ...ann, ValidationData: [{ Name: 'x'.repeat(33) }] }),
      'validationData.1.member.name',
    ],
    [
      sdk.adminInitiateAuth({ UserPoolId, ClientId, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH', ContextData }),
      'contextData.serverPath',
    ],
  ] as const) {
    const message = new RegExp(`^1 validation error detected: Value [^']*at '${member}' failed`);
    await assert.rejects(call, awsError('InvalidParameterException', message));
  }
  for (const unread of ['"ClientMetadata":{"a":1}', '"UserContextData":"a"', '"AnalyticsMetadata":[]']) {
    const body = `{"ClientId":"${ClientId}","Username":"ann",${unread}}`;
    assert.match(await (await post(endpoint, 'ForgotPassword', body)).text(), /SerializationException/);
  }
});

test('requires the place of the code in messages', async (t) => {
  const { sdk, UserPoolId } = await setUp(t);
  const invalid = awsError('InvalidParameterException', /Member must satisfy regular expression pattern/);
  for (const message of ['without a code', '{###}']) {
    const SmsMfaConfiguration = { SmsAuthenticationMessage: message };
    await assert.rejects(sdk.setUserPoolMfaConfig({ UserPoolId, SmsMfaConfiguration }), invalid);
    const EmailMfaConfiguration = { Message: message };
    await assert.rejects(sdk.setUserPoolMfaConfig({ UserPoolId, EmailMfaConfiguration }), invalid);
  }
});

test('refuses invalid input in AWS’s words, without repeating it', async (t) => {
  const { endpoint, sdk, ClientId, UserPoolId } = await setUp(t);
  await assert.rejects(
    sdk.adminCreateUser({ UserPoolId, Username: 'has space', TemporaryPassword: 'secret word ' }),
    awsError(
      'InvalidParameterException',
      "2 validation errors detected: Value at 'username' failed to satisfy constraint: Member must satisfy regular " +
        "expression pattern: [\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+; Value at 'temporaryPassword' failed to satisfy " +
        'constraint: Member must satisfy regular expression pattern: ^[\\S]+.*[\\S]+$',
    ),
  );
  const missing = await post(endpoint, 'InitiateAuth', `{"ClientId":"${ClientId}"}`);
  assert.match(
    String(((await missing.json()) as JsonObject).message),
    /^1 validation error detected: Value null at 'authFlow' failed to satisfy constraint: Member must not be null$/,
  );
  for (const body of ['{"ClientId":"x","Password":"hunter2"', '[]', '{"ClientId":{"a":1}}']) {
    const answer = await post(endpoint, 'InitiateAuth', body);
    const text = await answer.text();
    assert.equal(answer.status, 400);
    assert.match(text, /SerializationException/);
    assert.doesNotMatch(text, /hunter2/);
  }
  const huge = await post(endpoint, 'InitiateAuth', `{"ClientId":"${'x'.repeat(1024 * 1024)}"}`);
  assert.equal(huge.status, 413);
});

test('publishes a pool’s keys and their address', async (t) => {
  const { endpoint, UserPoolId } = await setUp(t);
  const get = async (document: string) =>
    JSON.parse(await (await fetch(`${endpoint}/${UserPoolId}/.well-known/${document}`)).text());
  const { keys } = await get('jwks.json');
  assert.equal(keys.length, 2);
  for (const key of keys) {
    assert.deepEqual(Object.keys(key).sort(), ['alg', 'e', 'kid', 'kty', 'n', 'use']);
    assert.equal(Buffer.from(key.n, 'base64url').length, 256);
  }
  assert.notEqual(keys[0].kid, keys[1].kid);
  const openid = await get('openid-configuration');
  assert.equal(openid.issuer, `https://cognito-idp.us-east-1.amazonaws.com/${UserPoolId}`);
  assert.equal(openid.jwks_uri, `${openid.issuer}/.well-known/jwks.json`);
  assert.equal((await fetch(`${endpoint}/us-east-1_Nobody000/.well-known/jwks.json`)).status, 404);
  assert.equal((await fetch(`${endpoint}/..%2F${UserPoolId}/.well-known/jwks.json`)).status, 400);
});

test('describes and lists pools and clients', async (t) => {
  const setup = await setUp(t);
  const { sdk, UserPoolId, ClientId } = setup;
  await confirmedUser(setup);
  const { UserPool } = await sdk.describeUserPool({ UserPoolId });
  assert.equal(UserPool?.Arn, `arn:aws:cognito-idp:us-east-1:000000000000:userpool/${UserPoolId}`);
  assert.equal(UserPool?.Policies?.PasswordPolicy?.TemporaryPasswordValidityDays, 7);
  assert.equal(UserPool?.AdminCreateUserConfig?.AllowAdminCreateUserOnly, true);
  assert.equal(UserPool?.EstimatedNumberOfUsers, 1);
  assert.equal(UserPool?.SchemaAttributes?.find(({ Name }) => Name === 'sub')?.Required, true);
  const { UserPoolClient } = await sdk.describeUserPoolClient({ UserPoolId, ClientId });
  assert.equal(UserPoolClient?.AuthSessionValidity, 15);
  assert.equal(UserPoolClient?.PreventUserExistenceErrors, 'ENABLED');
  assert.equal(UserPoolClient?.ClientSecret, undefined);
  assert.deepEqual(
    (await sdk.listUserPools({ MaxResults: 10 })).UserPools?.map(({ Id }) => Id),
    [UserPoolId],
  );
  const listed = await sdk.listUserPoolClients({ UserPoolId, MaxResults: 10 });
  assert.deepEqual(
    listed.UserPoolClients?.map((client) => client.ClientId),
    [ClientId],
  );
  await assert.rejects(
    sdk.describeUserPool({ UserPoolId: 'us-east-1_Nobody000' }),
    awsError('ResourceNotFoundException', 'User pool us-east-1_Nobody000 does not exist.'),
  );
});
