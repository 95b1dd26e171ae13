import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awsCli } from '../../support/aws-cli.ts';
import { missing } from '../../support/programs.ts';
import { setUp } from './harness.ts';
import { signInWithSrp } from './sign-in.ts';

const skip = missing('aws');

test('the pattern’s walkthrough, by the AWS CLI', { skip }, async (t) => {
  const setup = await setUp(t);
  const aws = awsCli(setup.endpoint, 'cognito-idp');
  const pool = ['--user-pool-id', setup.UserPoolId];
  const client = ['--client-id', setup.ClientId];
  const name = ['--username', 'ann'];

  const { User } = await aws('admin-create-user', ...pool, ...name, '--temporary-password', 'Temporary-1!');
  assert.equal(User.UserStatus, 'FORCE_CHANGE_PASSWORD');
  const asked = await aws(
    'admin-initiate-auth',
    ...pool,
    ...client,
    '--auth-flow',
    'ADMIN_NO_SRP_AUTH',
    '--auth-parameters',
    'USERNAME=ann,PASSWORD=Temporary-1!',
  );
  assert.equal(asked.ChallengeName, 'NEW_PASSWORD_REQUIRED');
  const done = await aws(
    'admin-respond-to-auth-challenge',
    ...pool,
    ...client,
    '--challenge-name',
    'NEW_PASSWORD_REQUIRED',
    '--challenge-responses',
    'USERNAME=ann,NEW_PASSWORD=Chosen-Horse-2!',
    '--session',
    asked.Session,
  );
  const claims = await (await setup.verifier('access')).verify(done.AuthenticationResult.AccessToken);
  assert.equal(claims.username, 'ann');
  assert.ok((await signInWithSrp(setup, 'ann', 'Chosen-Horse-2!')).AuthenticationResult);

  const me = await aws('get-user', '--access-token', done.AuthenticationResult.AccessToken);
  assert.equal(me.Username, 'ann');
  const listed = await aws('list-users', ...pool, '--filter', 'username = "ann"', '--max-items', '5');
  assert.equal(listed.Users.length, 1);
  await aws('admin-delete-user', ...pool, ...name);
  await assert.rejects(
    aws('admin-get-user', ...pool, ...name),
    /An error occurred \(UserNotFoundException\) when calling the AdminGetUser operation: User does not exist\./,
  );
});

test('refuses a wrong secret key of the AWS CLI too', { skip }, async (t) => {
  const { endpoint } = await setUp(t);
  const aws = awsCli(endpoint, 'cognito-idp', { AWS_SECRET_ACCESS_KEY: 'wrong' });
  await assert.rejects(aws('list-user-pools', '--max-results', '1'), /InvalidSignatureException/);
});
