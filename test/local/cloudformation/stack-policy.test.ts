import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awsError } from '../../support/aws-error.ts';
import { setUp, template, thing } from './fixture.ts';

const statement = (Effect: string, more: object = {}) => ({
  Effect,
  Action: 'Update:*',
  Principal: '*',
  Resource: '*',
  ...more,
});
const policy = (...Statement: object[]) => JSON.stringify({ Statement });
const OPEN = policy(statement('Allow'));

test('rolls back an update that the policy denies', async (t) => {
  const { sdk, create, update, statusOf, storyOf, cloud } = await setUp(t);
  const red = template({ A: thing({ Colour: 'red', Name: 'a' }), B: thing({ Colour: 'red' }) });
  await create('s', red);
  assert.equal((await sdk.getStackPolicy({ StackName: 's' })).StackPolicyBody, undefined);
  const StackPolicyBody = policy(
    statement('Allow'),
    statement('Deny', { Action: ['Update:Replace', 'Update:Delete'], Resource: 'LogicalResourceId/A' }),
  );
  await sdk.setStackPolicy({ StackName: 's', StackPolicyBody });
  assert.equal((await sdk.getStackPolicy({ StackName: 's' })).StackPolicyBody, StackPolicyBody);

  await update('s', template({ A: thing({ Colour: 'blue', Name: 'a' }), B: thing({ Colour: 'red' }) }));
  assert.equal(await statusOf('s'), 'UPDATE_COMPLETE');
  for (const [action, next] of [
    ['Update:Replace', { A: thing({ Colour: 'blue', Name: 'other' }), B: thing({ Colour: 'red' }) }],
    ['Update:Delete', { B: thing({ Colour: 'green' }) }],
  ] as const) {
    await update('s', template(next));
    assert.equal(await statusOf('s'), 'UPDATE_ROLLBACK_COMPLETE');
    assert.ok(
      (await storyOf('s')).includes(
        `A UPDATE_FAILED: Action denied by stack policy: Statement [#2] does not allow [${action}] for resource [LogicalResourceId/A];`,
      ),
    );
  }
  assert.deepEqual(
    cloud.things.map(({ logicalId, properties }) => [logicalId, properties.Colour, properties.Name]),
    [
      ['A', 'blue', 'a'],
      ['B', 'red', undefined],
    ],
  );
});

test('denies what no statement allows, for executed change sets too', async (t) => {
  const { sdk, create, idle, statusOf, storyOf } = await setUp(t);
  const StackPolicyBody = policy(statement('Allow', { Resource: 'LogicalResourceId/B*' }));
  await create('s', template({ A: thing({ Colour: 'red' }) }), { StackPolicyBody });
  await sdk.createChangeSet({
    StackName: 's',
    ChangeSetName: 'c',
    TemplateBody: JSON.stringify(template({ A: thing({ Colour: 'blue' }), B1: thing() })),
  });
  await sdk.executeChangeSet({ StackName: 's', ChangeSetName: 'c' });
  await idle();
  assert.equal(await statusOf('s'), 'UPDATE_ROLLBACK_COMPLETE');
  assert.ok(
    (await storyOf('s')).some((line) => /^A UPDATE_FAILED: Action not allowed by stack policy/.test(line)),
  );
});

test('replaces the policy for one update; checks resource types as conditions', async (t) => {
  const { sdk, create, update, statusOf, remove } = await setUp(t);
  const closed = policy(
    statement('Allow'),
    statement('Deny', { Condition: { StringLike: { ResourceType: ['Test::Th*'] } } }),
  );
  await create('s', template({ A: thing({ Colour: 'red' }) }), { StackPolicyBody: closed });
  await update('s', template({ A: thing({ Colour: 'blue' }) }));
  assert.equal(await statusOf('s'), 'UPDATE_ROLLBACK_COMPLETE');
  await update('s', template({ A: thing({ Colour: 'blue' }) }), { StackPolicyDuringUpdateBody: OPEN });
  assert.equal(await statusOf('s'), 'UPDATE_COMPLETE');
  assert.equal((await sdk.getStackPolicy({ StackName: 's' })).StackPolicyBody, closed);
  await update('s', template({ A: thing({ Colour: 'green' }) }), { StackPolicyBody: OPEN });
  assert.equal(await statusOf('s'), 'UPDATE_COMPLETE');
  await sdk.setStackPolicy({ StackName: 's', StackPolicyBody: closed });
  // A stack policy applies only to updates, so the stack can be deleted.
  await remove('s');
  await assert.rejects(statusOf('s'), awsError('ValidationError'));
});

test('refuses an invalid policy', async (t) => {
  const { sdk, create } = await setUp(t);
  await create('s', template({ A: thing() }));
  for (const StackPolicyBody of [
    'no',
    '[]',
    '{}',
    policy(),
    policy(statement('Perhaps')),
    policy(statement('Allow', { Principal: { AWS: 'arn:aws:iam::1:root' } })),
    policy(statement('Allow', { Action: 'Update:Everything' })),
    policy(statement('Allow', { NotAction: 'Update:*' })),
    policy(statement('Allow', { Resource: 'arn:aws:s3:::b' })),
    policy(statement('Allow', { Condition: { Bool: { ResourceType: 'true' } } })),
    policy(statement('Allow', { Colour: 'red' })),
  ]) {
    await assert.rejects(
      sdk.setStackPolicy({ StackName: 's', StackPolicyBody }),
      awsError('ValidationError', /^Error validating stack policy/),
    );
  }
  await assert.rejects(sdk.setStackPolicy({ StackName: 's' }), awsError('ValidationError'));
  await assert.rejects(sdk.getStackPolicy({ StackName: 'none' }), awsError('ValidationError'));
});
