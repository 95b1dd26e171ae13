import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../../local/json.ts';
import { CLIENT, POOL, request, resource, setUp } from './harness.ts';

const POOL_TYPE = 'AWS::Cognito::UserPool';
const CLIENT_TYPE = 'AWS::Cognito::UserPoolClient';

test('gives pools and clients AWS’s IDs and the attributes of templates', async (t) => {
  const { cognito, UserPoolId, ClientId } = await setUp(t);
  assert.match(UserPoolId, /^us-east-1_[0-9a-zA-Z]{9}$/);
  assert.match(ClientId, /^[a-z0-9]{26}$/);
  const pool = await resource(cognito(), POOL_TYPE).create(request('Pool', POOL));
  assert.deepEqual(pool, {
    physicalId: UserPoolId,
    attributes: {
      Arn: `arn:aws:cognito-idp:us-east-1:000000000000:userpool/${UserPoolId}`,
      ProviderName: `cognito-idp.us-east-1.amazonaws.com/${UserPoolId}`,
      ProviderURL: `https://cognito-idp.us-east-1.amazonaws.com/${UserPoolId}`,
      UserPoolId,
    },
  });
});

test('finds what the first create made, keys included, after a crash', async (t) => {
  const { endpoint, cognito, UserPoolId, ClientId, restart } = await setUp(t);
  const keys = async () => (await fetch(`${endpoint}/${UserPoolId}/.well-known/jwks.json`)).text();
  const before = await keys();
  restart();
  const pool = await resource(cognito(), POOL_TYPE).create(request('Pool', POOL));
  const client = await resource(cognito(), CLIENT_TYPE).create(request('Client', { ...CLIENT, UserPoolId }));
  assert.equal(pool.physicalId, UserPoolId);
  assert.equal(client.physicalId, ClientId);
  assert.equal(await keys(), before);
  const other = await resource(cognito(), POOL_TYPE).create(request('OtherPool', POOL));
  assert.notEqual(other.physicalId, UserPoolId);
});

test('refuses invalid, unknown and unsupported properties by name', async (t) => {
  const { cognito, UserPoolId } = await setUp(t);
  const pool = (properties: JsonObject) => resource(cognito(), POOL_TYPE).create(request('P', properties));
  const client = (properties: JsonObject) =>
    resource(cognito(), CLIENT_TYPE).create(request('C', { UserPoolId, ...properties }));
  await assert.rejects(pool({ Nonsense: 1 }), /extraneous key \[Nonsense\]/);
  await assert.rejects(
    pool({ Policies: { PasswordPolicy: { Nonsense: 1 } } }),
    /#\/Policies\/PasswordPolicy: .*Nonsense/,
  );
  await assert.rejects(pool({ LambdaConfig: {} }), /does not support the property #\/LambdaConfig/);
  await assert.rejects(
    pool({ Policies: { PasswordPolicy: { MinimumLength: 5 } } }),
    /#\/Policies\/PasswordPolicy\/MinimumLength/,
  );
  await assert.rejects(pool({ MfaConfiguration: 'ON' }), /SMS configuration and Auto verification/);
  await assert.rejects(
    pool({ UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] } }),
    /must exist in AutoVerifiedAttributes/,
  );
  await assert.rejects(client({ AuthSessionValidity: 2 }), /#\/AuthSessionValidity/);
  await assert.rejects(client({ AuthSessionValidity: 16 }), /#\/AuthSessionValidity/);
  await assert.rejects(client({ CallbackURLs: ['https://x.example'] }), /CallbackURLs/);
  await assert.rejects(client({ ExplicitAuthFlows: ['ALLOW_NONSENSE'] }), /ExplicitAuthFlows/);
  for (const wrong of [
    { AccessTokenValidity: 4, TokenValidityUnits: { AccessToken: 'minutes' } },
    { AccessTokenValidity: 25 },
    { TokenValidityUnits: { AccessToken: 'minutes' } },
    { RefreshTokenValidity: 59, TokenValidityUnits: { RefreshToken: 'minutes' } },
  ]) {
    await assert.rejects(client(wrong), /Invalid range for token validity/);
  }
  await client({ RefreshTokenValidity: 0 });
  await assert.rejects(
    resource(cognito(), CLIENT_TYPE).create(request('C', { UserPoolId: 'us-east-1_Nobody000' })),
    /User pool us-east-1_Nobody000 does not exist/,
  );
});

test('updates a pool in place, except its immutable properties', async (t) => {
  const { cognito, sdk, UserPoolId } = await setUp(t);
  const handler = resource(cognito(), POOL_TYPE);
  assert.deepEqual(handler.replaceOn, []);
  const update = (properties: JsonObject, previous: JsonObject = POOL) =>
    handler.update({ physicalId: UserPoolId, properties, previous });
  await update({ ...POOL, Policies: { PasswordPolicy: { MinimumLength: 20 } } });
  const { UserPool } = await sdk.describeUserPool({ UserPoolId });
  assert.equal(UserPool?.Policies?.PasswordPolicy?.MinimumLength, 20);
  await assert.rejects(
    update({ ...POOL, UsernameConfiguration: { CaseSensitive: false } }),
    /Updates are not allowed for property - UsernameConfiguration/,
  );
  await assert.rejects(update({ ...POOL, AliasAttributes: ['email'] }), /property - AliasAttributes/);
  const Schema = [{ Name: 'team', AttributeDataType: 'String', Mutable: true }];
  await update({ ...POOL, Schema });
  await assert.rejects(
    update(POOL, { ...POOL, Schema }),
    /Existing schema attributes cannot be modified or deleted/,
  );
});

test('updates and deletes a client in place; its sign-ins end with it', async (t) => {
  const { cognito, sdk, UserPoolId, ClientId } = await setUp(t);
  const handler = resource(cognito(), CLIENT_TYPE);
  assert.deepEqual(handler.replaceOn, ['GenerateSecret', 'UserPoolId']);
  const properties = { ...CLIENT, UserPoolId, AuthSessionValidity: 5 };
  await handler.update({ physicalId: ClientId, properties, previous: { ...CLIENT, UserPoolId } });
  const { UserPoolClient } = await sdk.describeUserPoolClient({ UserPoolId, ClientId });
  assert.equal(UserPoolClient?.AuthSessionValidity, 5);
  await handler.delete(ClientId, properties);
  await handler.delete(ClientId, properties);
  await assert.rejects(sdk.describeUserPoolClient({ UserPoolId, ClientId }), /does not exist/);
});

test('refuses to delete a protected pool; succeeds twice for another', async (t) => {
  const { cognito, sdk, UserPoolId, restart } = await setUp(t, { pool: { DeletionProtection: 'ACTIVE' } });
  const handler = resource(cognito(), POOL_TYPE);
  const ACTIVE = { ...POOL, DeletionProtection: 'ACTIVE' };
  await assert.rejects(handler.delete(UserPoolId, ACTIVE), /deletion protection is activated/);
  await handler.update({ physicalId: UserPoolId, properties: POOL, previous: ACTIVE });
  await handler.delete(UserPoolId, POOL);
  await handler.delete(UserPoolId, POOL);
  restart();
  assert.deepEqual((await sdk.listUserPools({ MaxResults: 10 })).UserPools, []);
});

test('resets members missing from UpdateUserPoolClient to their defaults', async (t) => {
  const { sdk, UserPoolId, ClientId } = await setUp(t);
  const rotating = { RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 10 } } as const;
  const { UserPoolClient } = await sdk.updateUserPoolClient({ UserPoolId, ClientId, ...rotating });
  assert.deepEqual(UserPoolClient?.RefreshTokenRotation, rotating.RefreshTokenRotation);
  assert.equal(UserPoolClient?.AuthSessionValidity, 3);
  const ExplicitAuthFlows = ['ALLOW_REFRESH_TOKEN_AUTH' as const];
  await assert.rejects(sdk.updateUserPoolClient({ UserPoolId, ClientId, ExplicitAuthFlows, ...rotating }), {
    name: 'InvalidParameterException',
  });
});

test('accepts identity providers and domains only with the fault, and checks them like Cognito', async (t) => {
  const { cognito: plain } = await setUp(t);
  const types = (service: { readonly resources: readonly { readonly type: string }[] }) =>
    service.resources.map(({ type }) => type);
  assert.ok(!types(plain()).some((type) => /Domain|IdentityProvider/.test(type)));
  const { cognito, UserPoolId: pool } = await setUp(t, { federation: true });
  const provider = resource(cognito(), 'AWS::Cognito::UserPoolIdentityProvider');
  const domain = resource(cognito(), 'AWS::Cognito::UserPoolDomain');
  const saml = {
    UserPoolId: pool,
    ProviderName: 'idp',
    ProviderType: 'SAML',
    ProviderDetails: { MetadataURL: 'https://login.example.com/metadata' },
  };
  const oauth = {
    ...CLIENT,
    UserPoolId: pool,
    AllowedOAuthFlowsUserPoolClient: true,
    AllowedOAuthFlows: ['code'],
    AllowedOAuthScopes: ['openid'],
    CallbackURLs: ['http://localhost:1234/callback', 'https://example.com/'],
    SupportedIdentityProviders: ['idp'],
  };
  const client = (changes: JsonObject = {}) =>
    resource(cognito(), CLIENT_TYPE).create(request('Federated', { ...oauth, ...changes }));
  await assert.rejects(client(), /The provider idp does not exist for User Pool/);
  await assert.rejects(provider.create(request('P', { ...saml, ProviderDetails: {} })), /MetadataURL/);
  await assert.rejects(provider.create(request('P', { ...saml, ProviderType: 'OIDC' })), /client_id/);
  await assert.rejects(provider.create(request('P', { ...saml, ProviderType: 'Google' })), /Google/);
  await provider.create(request('P', saml));
  await assert.rejects(client({ CallbackURLs: ['http://example.com/'] }), /cannot use the HTTP protocol/);
  await assert.rejects(client({ CallbackURLs: [] }), /CallbackURLs/);
  await assert.rejects(client({ AllowedOAuthScopes: [] }), /AllowedOAuthScopes are required/);
  await assert.rejects(client({ SupportedIdentityProviders: ['COGNITO'] }), /AllowedOAuthFlows/);
  await client();

  const named = (Domain: string) => domain.create(request('D', { UserPoolId: pool, Domain }));
  await assert.rejects(named('My-Domain'), /#\/Domain/);
  await assert.rejects(named('my-cognito'), /reserved word: cognito/);
  await named('my-domain');
  const pools = resource(cognito(), POOL_TYPE);
  await assert.rejects(pools.delete(pool, POOL), /has a domain configured that should be deleted first/);
  await domain.delete('my-domain', { UserPoolId: pool, Domain: 'my-domain' });
  await provider.delete('idp', saml);
  await assert.rejects(client({ ClientName: 'again' }), /The provider idp does not exist/);
  await pools.delete(pool, POOL);
});
