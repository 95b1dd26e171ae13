import assert from 'node:assert/strict';
import { test } from 'node:test';
import { att, awsError, ref, setUp, template, thing } from './fixture.ts';

test('a stack is created in the order of its references, with its outputs, parameters and tags', async (t) => {
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

test('events tell of each step, newest first, with ids and the token of the request', async (t) => {
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
  assert.ok(StackEvents[0]?.Timestamp instanceof Date);
});

test('independent resources are made at the same time', async (t) => {
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

test('a failed resource rolls the creation back, cancels what is under way and begins nothing more', async (t) => {
  const { sdk, cloud, idle, stackOf, storyOf } = await setUp(t, {
    faults: { failingResources: { Bad: 'The bucket name is taken' } },
  });
  const release = cloud.hold('create', 'Slow');
  const body = template({
    Good: thing(),
    Slow: thing({}, { DependsOn: 'Good' }),
    Bad: thing({}, { DependsOn: 'Good' }),
    Never: thing({ Of: ref('Bad') }),
  });
  const failed = new Promise<void>((resolve) => {
    cloud.onCall = (call) => call === 'create Slow' && resolve();
  });
  await sdk.createStack({ StackName: 'bad', TemplateBody: JSON.stringify(body) });
  await failed;
  release();
  await idle();
  const reason =
    'Resource handler returned message: "The bucket name is taken" (RequestToken: …, HandlerErrorCode: GeneralServiceException)';
  const story = await storyOf('bad');
  assert.ok(story.includes(`Bad CREATE_FAILED: ${reason}`), story.join('\n'));
  assert.ok(story.includes('Slow CREATE_FAILED: Resource creation cancelled'));
  assert.ok(!story.some((event) => event.startsWith('Never')));
  const rollback = story.findIndex((event) => event.startsWith('bad ROLLBACK_IN_PROGRESS'));
  assert.match(
    story[rollback] ?? '',
    /The following resource\(s\) failed to create: \[(Bad, Slow|Slow, Bad)\]\. Rollback requested by user\.$/,
  );
  assert.deepEqual(
    story.slice(rollback + 1).filter((event) => /^(Slow|Good)/.test(event)),
    ['Slow DELETE_IN_PROGRESS', 'Slow DELETE_COMPLETE', 'Good DELETE_IN_PROGRESS', 'Good DELETE_COMPLETE'],
  );
  assert.equal((await stackOf('bad')).StackStatus, 'ROLLBACK_COMPLETE');
  assert.deepEqual(cloud.things, []);
  const again = { StackName: 'bad', TemplateBody: JSON.stringify(template({ A: thing() })) };
  await assert.rejects(
    sdk.updateStack(again),
    awsError('ValidationError', /is in ROLLBACK_COMPLETE state and can not be updated\.$/),
  );
  await assert.rejects(
    sdk.createStack(again),
    awsError('AlreadyExistsException', 'Stack [bad] already exists'),
  );
  await sdk.deleteStack({ StackName: 'bad' });
  await idle();
  await assert.rejects(stackOf('bad'), awsError('ValidationError', 'Stack with id bad does not exist'));
});

test('what a failed creation leaves is up to the request and to the deletion policies', async (t) => {
  const { create, cloud, sdk, statusOf, storyOf } = await setUp(t, {
    faults: { failingResources: { Bad: 'no' } },
  });
  const body = template({
    Kept: thing({}, { DeletionPolicy: 'Retain' }),
    Tried: thing({}, { DeletionPolicy: 'RetainExceptOnCreate' }),
    Bad: thing({ A: ref('Kept'), B: ref('Tried') }),
  });
  await create('rollback', body);
  assert.equal(await statusOf('rollback'), 'ROLLBACK_COMPLETE');
  assert.deepEqual(
    cloud.things.map(({ logicalId }) => logicalId),
    ['Kept'],
  );
  assert.ok((await storyOf('rollback')).includes('Kept DELETE_SKIPPED'));

  await create('except', body, { RetainExceptOnCreate: true });
  assert.equal(cloud.named('Kept').length, 1);

  const id = await create('deleted', body, { OnFailure: 'DELETE' });
  assert.equal(await statusOf(id), 'DELETE_COMPLETE');
  assert.equal(
    (await sdk.listStacks({ StackStatusFilter: ['DELETE_COMPLETE'] })).StackSummaries?.[0]?.StackId,
    id,
  );

  const before = cloud.things.length;
  await create('left', template({ Good: thing(), Bad: thing(), Apart: thing({}, { DependsOn: 'Good' }) }), {
    OnFailure: 'DO_NOTHING',
  });
  assert.equal(await statusOf('left'), 'CREATE_FAILED');
  assert.equal(cloud.things.length, before + 2);
  await assert.rejects(
    sdk.updateStack({ StackName: 'left', UsePreviousTemplate: true, DisableRollback: true }),
    awsError('ValidationError', /^This stack cannot be updated from \[CREATE_FAILED\] state/),
  );
});

test('a preserved failure can be gone on with, or rolled back', async (t) => {
  const { create, cloud, faults, sdk, idle, statusOf } = await setUp(t, {
    faults: { failingResources: { Bad: 'no' } },
  });
  const body = template({ Good: thing(), Bad: thing({ From: ref('Good') }) });
  await create('one', body, { DisableRollback: true });
  await create('two', body, { DisableRollback: true });
  assert.equal(await statusOf('one'), 'CREATE_FAILED');
  await assert.rejects(
    sdk.updateStack({ StackName: 'one', UsePreviousTemplate: true }),
    awsError('ValidationError', /^This stack is currently in a non-terminal \[CREATE_FAILED\] state/),
  );
  faults.failingResources = {};
  await sdk.updateStack({ StackName: 'one', UsePreviousTemplate: true, DisableRollback: true });
  await sdk.rollbackStack({ StackName: 'two' });
  await idle();
  assert.equal(await statusOf('one'), 'UPDATE_COMPLETE');
  assert.equal(await statusOf('two'), 'ROLLBACK_COMPLETE');
  assert.deepEqual(cloud.calls.filter((call) => call === 'create Good').length, 2);
  assert.deepEqual(cloud.things.map(({ logicalId }) => logicalId).sort(), ['Bad', 'Good']);
});

test('a handler’s defect fails its resource as an internal failure, and is told', async (t) => {
  const defects: unknown[] = [];
  const { create, cloud, stackOf, storyOf } = await setUp(t, { onDefect: (error) => defects.push(error) });
  const defect = new TypeError('x is not a function');
  cloud.refuse('create', 'A', defect);
  await create('broken', template({ A: thing() }));
  assert.equal((await stackOf('broken')).StackStatus, 'ROLLBACK_COMPLETE');
  assert.deepEqual(defects, [defect]);
  const story = await storyOf('broken');
  assert.ok(
    story.some((event) =>
      event.endsWith('"Internal Failure" (RequestToken: …, HandlerErrorCode: InternalFailure)'),
    ),
  );
  assert.ok(!story.some((event) => event.includes('not a function')));
});

test('an attribute that a resource does not have fails its user, and an output that asks for it the creation', async (t) => {
  const { create, stackOf, storyOf } = await setUp(t);
  await create('user', template({ A: thing(), B: thing({ Of: att('A', 'Weight') }) }));
  assert.ok(
    (await storyOf('user')).includes(
      'B CREATE_FAILED: Template error: resource A does not support attribute type Weight in Fn::GetAtt (Test::Thing)',
    ),
  );
  await create('output', template({ A: thing() }, { Outputs: { W: { Value: att('A', 'Weight') } } }));
  const { StackStatus, Outputs } = await stackOf('output');
  assert.equal(StackStatus, 'ROLLBACK_COMPLETE');
  assert.deepEqual(Outputs ?? [], []);
});

test('a request sent again with its token begins nothing twice', async (t) => {
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

test('a stack that is being created can be deleted: what was under way is cancelled', async (t) => {
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
