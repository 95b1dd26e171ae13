import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awsError } from '../../support/aws-error.ts';
import { att, ref, setUp, template, thing } from './fixture.ts';

test('creates resources in the order of references, with outputs, parameters and tags', async (t) => {
  const { create, stackOf, storyOf, cloud } = await setUp(t);
  const body = template(
    {
      Last: thing({ From: { 'Fn::Join': ['/', [ref('Middle'), att('First', 'Arn')]] } }),
      Middle: thing({ Colour: att('First', 'Shade') }),
      First: thing({ Colour: ref('Colour') }),
      Apart: thing({}, { DependsOn: 'First' }),
    },
    {
      Description: 'four things',
      Parameters: { Colour: { Type: 'String', Default: 'red' }, Secret: { Type: 'String', NoEcho: true } },
      Outputs: {
        Port: {
          Value: att('First', 'Endpoint.Port'),
          Description: 'where it listens',
          Export: { Name: 'port' },
        },
      },
    },
  );
  const id = await create('four', body, {
    Parameters: [{ ParameterKey: 'Secret', ParameterValue: 'hidden' }],
    Tags: [{ Key: 'team', Value: 'edge' }],
    ClientRequestToken: 'token-1',
  });
  const stack = await stackOf('four');
  assert.equal(stack.StackId, id);
  assert.match(id, /^arn:aws:cloudformation:us-east-1:000000000000:stack\/four\/[0-9a-f-]{36}$/);
  assert.equal(stack.StackStatus, 'CREATE_COMPLETE');
  assert.equal(stack.Description, 'four things');
  assert.deepEqual(stack.Outputs, [
    { OutputKey: 'Port', OutputValue: '8080', Description: 'where it listens', ExportName: 'port' },
  ]);
  assert.deepEqual(stack.Parameters, [
    { ParameterKey: 'Colour', ParameterValue: 'red' },
    { ParameterKey: 'Secret', ParameterValue: '****' },
  ]);
  assert.deepEqual(stack.Tags, [{ Key: 'team', Value: 'edge' }]);

  const first = cloud.named('First')[0]?.physicalId;
  const middle = cloud.named('Middle')[0]?.physicalId;
  assert.deepEqual(cloud.named('Middle')[0]?.properties, { Colour: 'red' });
  assert.deepEqual(cloud.named('Last')[0]?.properties, {
    From: `${middle}/arn:aws:test:us-east-1:000000000000:thing/${first}`,
  });
  const story = await storyOf('four');
  assert.equal(story[0], 'four CREATE_IN_PROGRESS: User Initiated');
  assert.equal(story.at(-1), 'four CREATE_COMPLETE');
  for (const [earlier, later] of [
    ['First', 'Middle'],
    ['First', 'Apart'],
    ['Middle', 'Last'],
  ]) {
    assert.ok(story.indexOf(`${earlier} CREATE_COMPLETE`) < story.indexOf(`${later} CREATE_IN_PROGRESS`));
  }
  assert.equal(cloud.calls[0], 'create First');
});

test('lists events of each step, newest first, with IDs and request token', async (t) => {
  const { create, sdk } = await setUp(t);
  const id = await create('one', template({ A: thing() }), { ClientRequestToken: 'token-1' });
  const { StackEvents = [] } = await sdk.describeStackEvents({ StackName: id });
  assert.deepEqual(
    StackEvents.map(({ LogicalResourceId, ResourceStatus, ResourceStatusReason }) => [
      LogicalResourceId,
      ResourceStatus,
      ResourceStatusReason,
    ]),
    [
      ['one', 'CREATE_COMPLETE', undefined],
      ['A', 'CREATE_COMPLETE', undefined],
      ['A', 'CREATE_IN_PROGRESS', 'Resource creation Initiated'],
      ['A', 'CREATE_IN_PROGRESS', undefined],
      ['one', 'CREATE_IN_PROGRESS', 'User Initiated'],
    ],
  );
  assert.ok(StackEvents.every(({ ClientRequestToken }) => ClientRequestToken === 'token-1'));
  assert.equal(new Set(StackEvents.map(({ EventId }) => EventId)).size, StackEvents.length);
  assert.match(StackEvents[1]?.PhysicalResourceId ?? '', /^one-A--[a-z0-9]{20}$/);
  assert.equal(StackEvents[0]?.PhysicalResourceId, id);
  assert.equal(StackEvents[0]?.ResourceType, 'AWS::CloudFormation::Stack');
  const times = StackEvents.map(({ Timestamp }) => Timestamp?.getTime() ?? 0);
  assert.deepEqual(
    times,
    [...new Set(times)].sort((one, other) => other - one),
  );
});

test('creates independent resources in parallel', async (t) => {
  const { sdk, cloud, idle, statusOf } = await setUp(t);
  const open = cloud.hold('create', 'A');
  const both = new Promise<void>((resolve) => {
    cloud.onCall = (call) => call === 'create B' && resolve();
  });
  await sdk.createStack({
    StackName: 'two',
    TemplateBody: JSON.stringify(template({ A: thing(), B: thing() })),
  });
  await both;
  assert.equal(await statusOf('two'), 'CREATE_IN_PROGRESS');
  open();
  await idle();
  assert.equal(await statusOf('two'), 'CREATE_COMPLETE');
});

test('starts nothing twice for a repeated request with the same token', async (t) => {
  const { sdk, idle, cloud } = await setUp(t);
  const request = {
    StackName: 'once',
    TemplateBody: JSON.stringify(template({ A: thing() })),
    ClientRequestToken: 'same',
  };
  const [one, other] = [await sdk.createStack(request), await sdk.createStack(request)];
  assert.equal(one.StackId, other.StackId);
  await idle();
  assert.deepEqual(cloud.calls, ['create A']);
  await assert.rejects(
    sdk.updateStack({ ...request, TemplateBody: JSON.stringify(template({ B: thing() })) }),
    awsError('TokenAlreadyExistsException'),
  );
});

test('cancels running steps when a stack under creation is deleted', async (t) => {
  const { sdk, cloud, idle, storyOf, statusOf } = await setUp(t);
  const release = cloud.hold('create', 'A');
  const begun = new Promise<void>((resolve) => {
    cloud.onCall = () => resolve();
  });
  const { StackId: id = '' } = await sdk.createStack({
    StackName: 'short',
    TemplateBody: JSON.stringify(template({ A: thing(), B: thing({ Of: ref('A') }) })),
  });
  await begun;
  await sdk.deleteStack({ StackName: 'short' });
  assert.equal(await statusOf(id), 'DELETE_IN_PROGRESS');
  release();
  await idle();
  assert.deepEqual(await storyOf(id), [
    'short CREATE_IN_PROGRESS: User Initiated',
    'A CREATE_IN_PROGRESS',
    'short DELETE_IN_PROGRESS: User Initiated',
    'A CREATE_IN_PROGRESS: Resource creation Initiated',
    'A CREATE_FAILED: Resource creation cancelled',
    'A DELETE_IN_PROGRESS',
    'A DELETE_COMPLETE',
    'short DELETE_COMPLETE',
  ]);
  assert.deepEqual(cloud.things, []);
});
