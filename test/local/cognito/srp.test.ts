import assert from 'node:assert/strict';
import { getDiffieHellman } from 'node:crypto';
import { test } from 'node:test';
import { awsError } from '../../support/aws-error.ts';
import { confirmedUser, PASSWORD, setUp } from './harness.ts';
import { beginIndependentSrp, beginSrp, signInWithSrp } from './sign-in.ts';

const WRONG = awsError('NotAuthorizedException', 'Incorrect username or password.');

test('signs an independent SRP client in, with tokens that CognitoJwtVerifier accepts', async (t) => {
  const setup = await setUp(t);
  await confirmedUser(setup);
  const answer = await beginIndependentSrp(setup, 'ann', PASSWORD);
  const { AuthenticationResult } = await setup.sdk.respondToAuthChallenge(answer);
  const { AccessToken = '', IdToken = '' } = AuthenticationResult ?? {};

  const access = await (await setup.verifier('access')).verify(AccessToken);
  const id = await (await setup.verifier('id')).verify(IdToken);

  const user = await setup.sdk.adminGetUser({ UserPoolId: setup.UserPoolId, Username: 'ann' });
  const sub = user.UserAttributes?.find(({ Name }) => Name === 'sub')?.Value;
  const seconds = Math.floor(setup.clock.now().getTime() / 1000);
  const { jti, origin_jti, event_id, ...claims } = access;
  for (const unique of [jti, origin_jti, event_id]) assert.match(String(unique), /^[0-9a-f-]{36}$/);
  assert.deepEqual(claims, {
    sub,
    iss: `https://cognito-idp.us-east-1.amazonaws.com/${setup.UserPoolId}`,
    client_id: setup.ClientId,
    token_use: 'access',
    scope: 'aws.cognito.signin.user.admin',
    auth_time: seconds,
    iat: seconds,
    exp: seconds + 3600,
    username: 'ann',
  });
  assert.equal(id.aud, setup.ClientId);
  assert.equal(id['cognito:username'], 'ann');
  assert.equal(id.email, 'ann@example.com');
  assert.equal(id.email_verified, true);
  assert.equal(id.origin_jti, origin_jti);
  await assert.rejects((await setup.verifier('id')).verify(AccessToken));
});

test('returns the members of Cognito’s challenge, and no session', async (t) => {
  const setup = await setUp(t);
  await confirmedUser(setup);
  const { ClientId } = setup;
  const asked = await setup.sdk.initiateAuth({
    ClientId,
    AuthFlow: 'USER_SRP_AUTH',
    AuthParameters: { USERNAME: 'ann', SRP_A: 'abcdef' },
  });
  assert.equal(asked.ChallengeName, 'PASSWORD_VERIFIER');
  assert.equal(asked.Session, undefined);
  assert.deepEqual(Object.keys(asked.ChallengeParameters ?? {}).sort(), [
    'SALT',
    'SECRET_BLOCK',
    'SRP_B',
    'USERNAME',
    'USER_ID_FOR_SRP',
  ]);
});

test('refuses a wrong password and any wrong part of the response alike', async (t) => {
  const setup = await setUp(t);
  await confirmedUser(setup);
  const wrong = await beginIndependentSrp(setup, 'ann', 'Wrong-Horse-1!');
  await assert.rejects(setup.sdk.respondToAuthChallenge(wrong), WRONG);
  const spoiled = (name: string, value: string) =>
    signInWithSrp(setup, 'ann', PASSWORD, (responses) => ({ ...responses, [name]: value }));
  await assert.rejects(spoiled('PASSWORD_CLAIM_SIGNATURE', Buffer.alloc(32).toString('base64')), WRONG);
  await assert.rejects(spoiled('PASSWORD_CLAIM_SIGNATURE', ''), awsError('InvalidParameterException'));
  await assert.rejects(
    spoiled('PASSWORD_CLAIM_SECRET_BLOCK', Buffer.alloc(96).toString('base64')),
    awsError('NotAuthorizedException', 'Invalid session for the user.'),
  );
  await assert.rejects(spoiled('USERNAME', 'somebody'), WRONG);
});

const REUSED = awsError(
  'NotAuthorizedException',
  'Invalid session for the user, session can only be used once.',
);

test('accepts a secret block once', async (t) => {
  const setup = await setUp(t);
  await confirmedUser(setup);
  const answer = await beginSrp(setup, 'ann', PASSWORD);
  assert.ok((await setup.sdk.respondToAuthChallenge(answer)).AuthenticationResult);
  await assert.rejects(setup.sdk.respondToAuthChallenge(answer), REUSED);
});

test('invalidates a secret block at a wrong response: one guess per challenge', async (t) => {
  const setup = await setUp(t);
  await confirmedUser(setup);
  const answer = await beginSrp(setup, 'ann', PASSWORD);
  const spoiled = {
    ...answer,
    ChallengeResponses: { ...answer.ChallengeResponses, PASSWORD_CLAIM_SIGNATURE: 'AAAA' },
  };
  await assert.rejects(setup.sdk.respondToAuthChallenge(spoiled), WRONG);
  await assert.rejects(setup.sdk.respondToAuthChallenge(answer), REUSED);
});

test('binds a secret block to the client that requested it', async (t) => {
  const setup = await setUp(t);
  await confirmedUser(setup);
  const ClientId = await setup.addClient({});
  const answer = await beginSrp(setup, 'ann', PASSWORD);
  await assert.rejects(
    setup.sdk.respondToAuthChallenge({ ...answer, ClientId }),
    awsError('NotAuthorizedException', 'Invalid session for the user.'),
  );
});

test('accepts a response within the client’s session time only', async (t) => {
  const setup = await setUp(t, { client: { AuthSessionValidity: 3 } });
  await confirmedUser(setup);
  const late = (milliseconds: number) =>
    signInWithSrp(setup, 'ann', PASSWORD, (responses) => {
      setup.advance(milliseconds);
      return responses;
    });
  assert.ok((await late(179_000)).AuthenticationResult);
  await assert.rejects(
    late(180_000),
    awsError('NotAuthorizedException', 'Invalid session for the user, session is expired.'),
  );
});

test('requires a well-formed time of the claim near the present', async (t) => {
  const setup = await setUp(t);
  await confirmedUser(setup);
  const at = (TIMESTAMP: string) =>
    signInWithSrp(setup, 'ann', PASSWORD, (responses) => ({ ...responses, TIMESTAMP }));
  await assert.rejects(
    at('2026-01-01T00:00:00Z'),
    awsError('InvalidParameterException', /EEE MMM d HH:mm:ss z yyyy/),
  );
  await assert.rejects(at('Mon Jan 5 10:00:00 UTC 2015'), awsError('NotAuthorizedException'));
});

test('refuses A mod N = 0, which would sign anybody in', async (t) => {
  const setup = await setUp(t);
  await confirmedUser(setup);
  const N = getDiffieHellman('modp15').getPrime('hex');
  for (const SRP_A of ['0', '00', N, 'xyz']) {
    await assert.rejects(
      setup.sdk.initiateAuth({
        ClientId: setup.ClientId,
        AuthFlow: 'USER_SRP_AUTH',
        AuthParameters: { USERNAME: 'ann', SRP_A },
      }),
      awsError('InvalidParameterException'),
    );
  }
});

test('challenges an unknown user like any other if the client hides users', async (t) => {
  const setup = await setUp(t);
  await confirmedUser(setup);
  const ask = async (USERNAME: string) => {
    const { ChallengeParameters = {} } = await setup.sdk.initiateAuth({
      ClientId: setup.ClientId,
      AuthFlow: 'USER_SRP_AUTH',
      AuthParameters: { USERNAME, SRP_A: 'abcdef' },
    });
    return ChallengeParameters;
  };
  const [known, first, second] = [await ask('ann'), await ask('nobody'), await ask('nobody')];
  assert.equal(first.SALT, second.SALT);
  assert.notEqual(first.SRP_B, second.SRP_B);
  assert.equal(first.SALT?.length, known.SALT?.length);
  assert.deepEqual(Object.keys(first), Object.keys(known));
  await assert.rejects(signInWithSrp(setup, 'nobody', PASSWORD), WRONG);
});

test('reports an unknown user if the client does not hide users', async (t) => {
  const setup = await setUp(t, { client: { PreventUserExistenceErrors: 'LEGACY' } });
  await assert.rejects(
    signInWithSrp(setup, 'nobody', PASSWORD),
    awsError('UserNotFoundException', 'User does not exist.'),
  );
});

test('locks the user after five wrong passwords, twice as long each time', async (t) => {
  const setup = await setUp(t);
  await confirmedUser(setup);
  const exceeded = awsError('NotAuthorizedException', 'Password attempts exceeded');
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    await assert.rejects(signInWithSrp(setup, 'ann', 'Wrong-Horse-1!'), WRONG);
  }
  await assert.rejects(signInWithSrp(setup, 'ann', PASSWORD), exceeded);
  setup.advance(1_000);
  await assert.rejects(signInWithSrp(setup, 'ann', 'Wrong-Horse-1!'), WRONG);
  setup.advance(1_000);
  await assert.rejects(signInWithSrp(setup, 'ann', PASSWORD), exceeded);
  setup.advance(1_000);
  assert.ok((await signInWithSrp(setup, 'ann', PASSWORD)).AuthenticationResult);
  await assert.rejects(signInWithSrp(setup, 'ann', 'Wrong-Horse-1!'), WRONG);
  assert.ok((await signInWithSrp(setup, 'ann', PASSWORD)).AuthenticationResult);
});

test('refuses a flow that the client lacks in Cognito’s words', async (t) => {
  const setup = await setUp(t, { client: { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] } });
  await confirmedUser(setup);
  const start = (AuthFlow: 'USER_SRP_AUTH' | 'REFRESH_TOKEN_AUTH' | 'CUSTOM_AUTH' | 'ADMIN_NO_SRP_AUTH') =>
    setup.sdk.initiateAuth({ ClientId: setup.ClientId, AuthFlow, AuthParameters: {} });
  await assert.rejects(
    start('USER_SRP_AUTH'),
    awsError('InvalidParameterException', 'USER_SRP_AUTH is not enabled for the client.'),
  );
  await assert.rejects(start('REFRESH_TOKEN_AUTH'), awsError('InvalidParameterException', /not enabled/));
  await assert.rejects(
    start('CUSTOM_AUTH'),
    awsError('InvalidParameterException', /does not support the flow CUSTOM_AUTH/),
  );
  await assert.rejects(
    start('ADMIN_NO_SRP_AUTH'),
    awsError('InvalidParameterException', 'Initiate Auth method not supported.'),
  );
  await assert.rejects(
    setup.sdk.adminInitiateAuth({
      UserPoolId: setup.UserPoolId,
      ClientId: setup.ClientId,
      AuthFlow: 'ADMIN_NO_SRP_AUTH',
      AuthParameters: { USERNAME: 'ann', PASSWORD },
    }),
    awsError('InvalidParameterException', 'Auth flow not enabled for this client'),
  );
  const signedIn = await setup.sdk.initiateAuth({
    ClientId: setup.ClientId,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: 'ann', PASSWORD },
  });
  assert.ok(signedIn.AuthenticationResult?.AccessToken);
});

test('ends challenges of the old password when it is changed', async (t) => {
  const setup = await setUp(t);
  await confirmedUser(setup);
  const answer = await beginSrp(setup, 'ann', PASSWORD);
  await setup.sdk.adminSetUserPassword({
    UserPoolId: setup.UserPoolId,
    Username: 'ann',
    Password: 'Other-Horse-2!',
    Permanent: true,
  });
  await assert.rejects(setup.sdk.respondToAuthChallenge(answer), WRONG);
});
