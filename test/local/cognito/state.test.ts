import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { awsError } from '../../support/aws-error.ts';
import { confirmedUser, PASSWORD, setUp } from './harness.ts';
import { adminSignIn, beginSrp, tokensOf } from './sign-in.ts';

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? files(path) : [path];
  });
}

test('keeps users, tokens and pending challenges over a restart', async (t) => {
  const setup = await setUp(t);
  const { sdk, ClientId, UserPoolId } = setup;
  await confirmedUser(setup);
  await sdk.createGroup({ UserPoolId, GroupName: 'press' });
  await sdk.adminAddUserToGroup({ UserPoolId, Username: 'ann', GroupName: 'press' });
  const tokens = await tokensOf(setup, 'ann', PASSWORD);
  const answer = await beginSrp(setup, 'ann', PASSWORD);
  const spent = await beginSrp(setup, 'ann', PASSWORD);
  await sdk.respondToAuthChallenge(spent);
  setup.restart();
  assert.equal((await sdk.getUser({ AccessToken: tokens.access })).Username, 'ann');
  assert.ok(
    (await sdk.getTokensFromRefreshToken({ ClientId, RefreshToken: tokens.refresh })).AuthenticationResult,
  );
  await assert.rejects(
    sdk.respondToAuthChallenge(spent),
    awsError('NotAuthorizedException', /only be used once/),
  );
  const done = await sdk.respondToAuthChallenge(answer);
  const claims = await (await setup.verifier('access')).verify(done.AuthenticationResult?.AccessToken ?? '');
  assert.deepEqual(claims['cognito:groups'], ['press']);
});

test('stores no password, refresh token or session; only the owner reads the folder', async (t) => {
  const setup = await setUp(t, {
    client: {
      ExplicitAuthFlows: [
        'ALLOW_USER_PASSWORD_AUTH',
        'ALLOW_USER_SRP_AUTH',
        'ALLOW_ADMIN_USER_PASSWORD_AUTH',
      ],
    },
  });
  const { sdk, UserPoolId, ClientId } = setup;
  const secrets = [PASSWORD, 'Temporary-1!', 'Chosen-Horse-3!', 'Wrong-Horse-1!', 'Weakling'];
  await confirmedUser(setup);
  await sdk.adminCreateUser({
    UserPoolId,
    Username: 'bob',
    TemporaryPassword: 'Temporary-1!',
    MessageAction: 'SUPPRESS',
  });
  const asked = await adminSignIn(setup, 'bob', 'Temporary-1!');
  const choose = (NEW_PASSWORD: string) =>
    sdk.respondToAuthChallenge({
      ClientId,
      ChallengeName: 'NEW_PASSWORD_REQUIRED',
      Session: asked.Session,
      ChallengeResponses: { USERNAME: 'bob', NEW_PASSWORD },
    });
  await assert.rejects(choose('Weakling'), awsError('InvalidPasswordException'));
  const bob = await choose('Chosen-Horse-3!');
  await assert.rejects(
    sdk.initiateAuth({
      ClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'ann', PASSWORD: 'Wrong-Horse-1!' },
    }),
    awsError('NotAuthorizedException'),
  );
  const { access, refresh } = await tokensOf(setup, 'ann', PASSWORD);
  const open = await adminSignIn(setup, 'ann', PASSWORD);
  secrets.push(asked.Session ?? '', access, refresh);
  secrets.push(bob.AuthenticationResult?.RefreshToken ?? '', open.AuthenticationResult?.RefreshToken ?? '');

  const found = files(setup.dataDir);
  assert.ok(found.some((file) => file.includes('users')));
  for (const file of found) {
    assert.equal(statSync(file).mode & 0o077, 0, file);
    const text = readFileSync(file, 'latin1');
    for (const secret of secrets) {
      assert.ok(secret.length > 0);
      for (const form of [
        secret,
        Buffer.from(secret).toString('base64'),
        Buffer.from(secret).toString('hex'),
      ]) {
        assert.equal(text.includes(form), false, `${file} holds a secret`);
      }
    }
  }
});

test('ignores remains of a kill: a pool without its record, a temporary file', async (t) => {
  const setup = await setUp(t);
  const { sdk, UserPoolId } = setup;
  await confirmedUser(setup);
  const pools = join(setup.dataDir, 'pools');
  mkdirSync(join(pools, 'us-east-1_Halfmade0'));
  writeFileSync(join(pools, 'us-east-1_Halfmade0', 'keys.json'), '{}');
  mkdirSync(join(pools, 'us-east-1_Halfgone0.deleted'));
  writeFileSync(join(pools, UserPoolId, 'users', 'x.json.00ff.tmp'), '{"sub":');
  setup.restart();
  assert.deepEqual(
    (await sdk.listUserPools({ MaxResults: 10 })).UserPools?.map(({ Id }) => Id),
    [UserPoolId],
  );
  assert.deepEqual(
    (await sdk.listUsers({ UserPoolId })).Users?.map(({ Username }) => Username),
    ['ann'],
  );
  assert.equal(readdirSync(pools).includes('us-east-1_Halfgone0.deleted'), false);
});
