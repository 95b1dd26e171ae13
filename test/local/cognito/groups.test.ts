import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awsError } from '../../support/aws-error.ts';
import { confirmedUser, PASSWORD, setUp } from './harness.ts';
import { tokensOf } from './sign-in.ts';

test('creates, lists page by page and deletes groups', async (t) => {
  const setup = await setUp(t);
  const { sdk, UserPoolId } = setup;
  for (const GroupName of ['press', 'archive', 'übersetzer'])
    await sdk.createGroup({ UserPoolId, GroupName });
  await assert.rejects(
    sdk.createGroup({ UserPoolId, GroupName: 'press' }),
    awsError('GroupExistsException', 'A group with the name already exists.'),
  );
  const first = await sdk.listGroups({ UserPoolId, Limit: 2 });
  const rest = await sdk.listGroups({ UserPoolId, Limit: 2, NextToken: first.NextToken });
  const names = [...(first.Groups ?? []), ...(rest.Groups ?? [])].map(({ GroupName }) => GroupName);
  assert.deepEqual(names, ['archive', 'press', 'übersetzer']);
  assert.equal(rest.NextToken, undefined);
  assert.equal((await sdk.getGroup({ UserPoolId, GroupName: 'press' })).Group?.GroupName, 'press');
  await sdk.deleteGroup({ UserPoolId, GroupName: 'press' });
  await assert.rejects(
    sdk.deleteGroup({ UserPoolId, GroupName: 'press' }),
    awsError('ResourceNotFoundException', 'Group not found.'),
  );
});

test('lists groups in a member’s tokens by precedence from the next refresh', async (t) => {
  const setup = await setUp(t);
  const { sdk, UserPoolId, ClientId } = setup;
  const Username = 'ann';
  await confirmedUser(setup);
  await sdk.createGroup({ UserPoolId, GroupName: 'everyone' });
  await sdk.createGroup({ UserPoolId, GroupName: 'second', Precedence: 2 });
  await sdk.createGroup({ UserPoolId, GroupName: 'first', Precedence: 1 });
  const tokens = await tokensOf(setup, Username, PASSWORD);
  const verifier = await setup.verifier('access');
  assert.equal('cognito:groups' in (await verifier.verify(tokens.access)), false);
  for (const GroupName of ['everyone', 'second', 'first', 'first']) {
    await sdk.adminAddUserToGroup({ UserPoolId, Username, GroupName });
  }
  const renewed = await sdk.getTokensFromRefreshToken({ ClientId, RefreshToken: tokens.refresh });
  const claims = await verifier.verify(renewed.AuthenticationResult?.AccessToken ?? '');
  assert.deepEqual(claims['cognito:groups'], ['first', 'second', 'everyone']);
  const id = await (await setup.verifier('id')).verify(renewed.AuthenticationResult?.IdToken ?? '');
  assert.deepEqual(id['cognito:groups'], ['first', 'second', 'everyone']);

  const { Users } = await sdk.listUsersInGroup({ UserPoolId, GroupName: 'first' });
  assert.deepEqual(
    Users?.map((user) => user.Username),
    ['ann'],
  );
  await sdk.adminRemoveUserFromGroup({ UserPoolId, Username, GroupName: 'first' });
  const { Groups } = await sdk.adminListGroupsForUser({ UserPoolId, Username });
  assert.deepEqual(
    Groups?.map(({ GroupName }) => GroupName),
    ['everyone', 'second'],
  );

  await sdk.adminDeleteUser({ UserPoolId, Username });
  await confirmedUser(setup);
  assert.deepEqual((await sdk.adminListGroupsForUser({ UserPoolId, Username })).Groups, []);
});

test('refuses a group with a role by name', async (t) => {
  const { sdk, UserPoolId } = await setUp(t);
  await assert.rejects(
    sdk.createGroup({ UserPoolId, GroupName: 'x', RoleArn: 'arn:aws:iam::000000000000:role/x' }),
    awsError('InvalidParameterException', /RoleArn/),
  );
});
