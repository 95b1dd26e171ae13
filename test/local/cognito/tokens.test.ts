import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import { test } from 'node:test';
import type { KeyChange } from '../../../local/cognito/keys.ts';
import { awsError } from '../../support/aws-error.ts';
import { rsaKeyPair } from '../../support/keys/rsa-keys.ts';
import { confirmedUser, DAY, MINUTE, PASSWORD, type Setup, setUp } from './harness.ts';
import { tokensOf } from './sign-in.ts';

const ROTATING = {
  ExplicitAuthFlows: ['ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH'],
  RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 10 },
};

const refresh = ({ sdk, ClientId }: Setup, REFRESH_TOKEN: string) =>
  sdk.initiateAuth({ ClientId, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: { REFRESH_TOKEN } });

async function exchange({ sdk, ClientId }: Setup, RefreshToken: string) {
  const { AuthenticationResult } = await sdk.getTokensFromRefreshToken({ ClientId, RefreshToken });
  return { access: AuthenticationResult?.AccessToken ?? '', refresh: AuthenticationResult?.RefreshToken };
}

test('refreshes without rotation: new tokens of the same sign-in, no refresh token', async (t) => {
  const setup = await setUp(t);
  await confirmedUser(setup);
  const tokens = await tokensOf(setup, 'ann', PASSWORD);
  const verifier = await setup.verifier('access');
  const before = await verifier.verify(tokens.access);
  setup.advance(10 * MINUTE);
  const { AuthenticationResult } = await refresh(setup, tokens.refresh);
  assert.equal(AuthenticationResult?.RefreshToken, undefined);
  assert.equal(AuthenticationResult?.ExpiresIn, 3600);
  const after = await verifier.verify(AuthenticationResult?.AccessToken ?? '');
  assert.equal(after.origin_jti, before.origin_jti);
  assert.equal(after.auth_time, before.auth_time);
  assert.equal(after.iat, before.iat + 600);
  assert.notEqual(after.jti, before.jti);
  assert.ok((await exchange(setup, tokens.refresh)).access);
});

test('ends a refresh token with its validity', async (t) => {
  const setup = await setUp(t);
  await confirmedUser(setup);
  const tokens = await tokensOf(setup, 'ann', PASSWORD);
  setup.advance(30 * DAY - 1);
  await refresh(setup, tokens.refresh);
  setup.advance(1);
  await assert.rejects(
    refresh(setup, tokens.refresh),
    awsError('NotAuthorizedException', 'Refresh Token has expired'),
  );
});

test('refuses refresh tokens that are forged, damaged or of another client', async (t) => {
  const setup = await setUp(t);
  await confirmedUser(setup);
  const { refresh: token, access } = await tokensOf(setup, 'ann', PASSWORD);
  const invalid = awsError('NotAuthorizedException', 'Invalid Refresh Token');
  const spoiled = `${token.slice(0, -2)}${token.endsWith('AA') ? 'BB' : 'AA'}`;
  for (const wrong of [spoiled, access, 'x', '....']) {
    await assert.rejects(refresh(setup, wrong), invalid);
  }
  await assert.rejects(refresh({ ...setup, ClientId: await setup.addClient({}) }, token), invalid);
});

test('accepts each rotated refresh token once, with a grace period for retries', async (t) => {
  const setup = await setUp(t, { client: ROTATING });
  await confirmedUser(setup);
  const first = await tokensOf(setup, 'ann', PASSWORD);
  await assert.rejects(refresh(setup, first.refresh), awsError('InvalidParameterException', /not enabled/));
  const second = await exchange(setup, first.refresh);
  assert.ok(second.refresh);
  setup.advance(9_999);
  assert.ok((await exchange(setup, first.refresh)).refresh);
  setup.advance(1);
  await assert.rejects(exchange(setup, first.refresh), awsError('RefreshTokenReuseException'));
  await assert.rejects(
    exchange(setup, second.refresh),
    awsError('NotAuthorizedException', 'Refresh Token has been revoked'),
  );
});

test('does not prolong a sign-in by rotation', async (t) => {
  const setup = await setUp(t, { client: ROTATING });
  await confirmedUser(setup);
  const first = await tokensOf(setup, 'ann', PASSWORD);
  setup.advance(30 * DAY - 1_000);
  const second = await exchange(setup, first.refresh);
  setup.advance(1_000);
  await assert.rejects(
    exchange(setup, second.refresh ?? ''),
    awsError('NotAuthorizedException', 'Refresh Token has expired'),
  );
});

test('ends one sign-in by RevokeToken, every one by GlobalSignOut', async (t) => {
  const setup = await setUp(t);
  const { sdk, ClientId } = setup;
  await confirmedUser(setup);
  const [one, two] = [await tokensOf(setup, 'ann', PASSWORD), await tokensOf(setup, 'ann', PASSWORD)];
  await sdk.revokeToken({ ClientId, Token: one.refresh });
  await sdk.revokeToken({ ClientId, Token: one.refresh });
  await assert.rejects(
    refresh(setup, one.refresh),
    awsError('NotAuthorizedException', 'Refresh Token has been revoked'),
  );
  await assert.rejects(
    sdk.getUser({ AccessToken: one.access }),
    awsError('NotAuthorizedException', 'Access Token has been revoked'),
  );
  assert.equal((await sdk.getUser({ AccessToken: two.access })).Username, 'ann');
  await sdk.globalSignOut({ AccessToken: two.access });
  await assert.rejects(sdk.getUser({ AccessToken: two.access }), awsError('NotAuthorizedException'));
  await assert.rejects(sdk.globalSignOut({ AccessToken: two.access }), awsError('NotAuthorizedException'));
  await assert.rejects(refresh(setup, two.refresh), awsError('NotAuthorizedException'));
  const three = await tokensOf(setup, 'ann', PASSWORD);
  assert.equal((await sdk.getUser({ AccessToken: three.access })).Username, 'ann');
  await sdk.adminUserGlobalSignOut({ UserPoolId: setup.UserPoolId, Username: 'ann' });
  await assert.rejects(sdk.getUser({ AccessToken: three.access }), awsError('NotAuthorizedException'));
  await assert.rejects(
    sdk.revokeToken({ ClientId, Token: one.access }),
    awsError('UnsupportedTokenTypeException'),
  );
});

test('signs out without revocation: no origin_jti, no RevokeToken', async (t) => {
  const setup = await setUp(t, { client: { EnableTokenRevocation: false } });
  const { sdk, ClientId } = setup;
  await confirmedUser(setup);
  const tokens = await tokensOf(setup, 'ann', PASSWORD);
  const claims = await (await setup.verifier('access')).verify(tokens.access);
  assert.equal('origin_jti' in claims, false);
  await assert.rejects(
    sdk.revokeToken({ ClientId, Token: tokens.refresh }),
    awsError('UnsupportedOperationException'),
  );
  await sdk.globalSignOut({ AccessToken: tokens.access });
  await assert.rejects(sdk.getUser({ AccessToken: tokens.access }), awsError('NotAuthorizedException'));
});

test('refuses access tokens that are expired, forged, of another use or user', async (t) => {
  const setup = await setUp(t);
  const { sdk, UserPoolId } = setup;
  await confirmedUser(setup);
  const tokens = await tokensOf(setup, 'ann', PASSWORD);
  const refused = (AccessToken: string, message: string) =>
    assert.rejects(sdk.getUser({ AccessToken }), awsError('NotAuthorizedException', message));
  const [header = '', payload = '', signature = ''] = tokens.access.split('.');
  const { privateKey } = rsaKeyPair();
  const forged = sign('RSA-SHA256', Buffer.from(`${header}.${payload}`), privateKey).toString('base64url');
  const none = Buffer.from('{"alg":"none"}').toString('base64url');
  await refused(`${header}.${payload}.${forged}`, 'Invalid Access Token');
  await refused(`${none}.${payload}.`, 'Invalid Access Token');
  await refused(`${header}.${payload.slice(0, -1)}.${signature}`, 'Invalid Access Token');
  await refused(tokens.id, 'Invalid Access Token');
  await refused('nonsense', 'Invalid Access Token');
  setup.advance(60 * MINUTE);
  await refused(tokens.access, 'Access Token has expired');
  const { access } = await exchange(setup, tokens.refresh);
  await sdk.adminDeleteUser({ UserPoolId, Username: 'ann' });
  await assert.rejects(sdk.getUser({ AccessToken: access }), awsError('UserNotFoundException'));
  await assert.rejects(refresh(setup, tokens.refresh), awsError('NotAuthorizedException'));
});

test('applies the client’s numbers and units of validity', async (t) => {
  const setup = await setUp(t, {
    client: {
      AccessTokenValidity: 5,
      IdTokenValidity: 2,
      TokenValidityUnits: { AccessToken: 'minutes', IdToken: 'hours', RefreshToken: 'minutes' },
    },
  });
  await confirmedUser(setup);
  const tokens = await tokensOf(setup, 'ann', PASSWORD);
  const access = await (await setup.verifier('access')).verify(tokens.access);
  const id = await (await setup.verifier('id')).verify(tokens.id);
  assert.equal(access.exp - access.iat, 300);
  assert.equal(id.exp - id.iat, 7_200);
});

test('requires the proof of a client’s secret for every user name', async (t) => {
  const setup = await setUp(t, { client: { GenerateSecret: true } });
  const { sdk, UserPoolId, ClientId } = setup;
  await confirmedUser(setup);
  const { createSecretHash } = await import('cognito-srp-helper');
  const secret = setup.clientAttributes.ClientSecret ?? '';
  const signIn = (more: Record<string, string>) =>
    sdk.adminInitiateAuth({
      UserPoolId,
      ClientId,
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'ann', PASSWORD, ...more },
    });
  await assert.rejects(signIn({}), awsError('NotAuthorizedException', /SECRET_HASH was not received/));
  await assert.rejects(
    signIn({ SECRET_HASH: createSecretHash('bob', ClientId, secret) }),
    awsError('NotAuthorizedException', /SecretHash does not match/),
  );
  const { AuthenticationResult } = await signIn({ SECRET_HASH: createSecretHash('ann', ClientId, secret) });
  const RefreshToken = AuthenticationResult?.RefreshToken;
  await assert.rejects(
    sdk.getTokensFromRefreshToken({ ClientId, RefreshToken }),
    awsError('NotAuthorizedException'),
  );
  const renewed = await sdk.getTokensFromRefreshToken({ ClientId, RefreshToken, ClientSecret: secret });
  assert.ok(renewed.AuthenticationResult?.AccessToken);
  const described = await sdk.describeUserPoolClient({ UserPoolId, ClientId });
  assert.equal(described.UserPoolClient?.ClientSecret, secret);
});

test('signs with keys that tests rotate or withdraw, and publishes them', async (t) => {
  let change: KeyChange | undefined;
  const setup = await setUp(t, { keyChange: () => change });
  await confirmedUser(setup);
  const { sdk, endpoint, UserPoolId } = setup;
  const kids = async () => {
    const answer = await fetch(`${endpoint}/${UserPoolId}/.well-known/jwks.json`);
    const { keys } = (await answer.json()) as { keys: { kid: string }[] };
    return keys.map(({ kid }) => kid);
  };
  const kidOf = (token: string) =>
    (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }).kid;
  const own = await kids();
  const before = await tokensOf(setup, 'ann', PASSWORD);

  change = 'rotated';
  const rotated = await tokensOf(setup, 'ann', PASSWORD);
  const both = await kids();
  assert.equal(both.length, 4);
  assert.deepEqual(both.slice(2), own);
  assert.ok(!own.includes(kidOf(rotated.access)));
  const verifier = await setup.verifier('access');
  for (const { access } of [before, rotated]) {
    assert.ok(await verifier.verify(access));
    assert.equal((await sdk.getUser({ AccessToken: access })).Username, 'ann');
  }

  change = 'withdrawn';
  assert.deepEqual(await kids(), both.slice(0, 2));
  const strict = await setup.verifier('access');
  assert.ok(await strict.verify((await tokensOf(setup, 'ann', PASSWORD)).access));
  assert.throws(() => strict.verifySync(before.access), /not found in the JWKS/);
  await assert.rejects(
    sdk.getUser({ AccessToken: before.access }),
    awsError('NotAuthorizedException', 'Invalid Access Token'),
  );

  change = undefined;
  assert.deepEqual(await kids(), own);
  assert.equal((await sdk.getUser({ AccessToken: before.access })).Username, 'ann');
});
