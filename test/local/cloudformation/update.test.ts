import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awsError } from '../../support/aws-error.ts';
import { att, ref, setUp, template, thing } from './fixture.ts';

const NO_UPDATES = awsError('ValidationError', 'No updates are to be performed.');

test('changes most properties in place, and properties derived from them', async (t) => {
  const { create, update, cloud, storyOf, stackOf } = await setUp(t);
  const body = (colour: string) =>
    template({
      A: thing({ Colour: colour }),
      B: thing({ Of: att('A', 'Shade') }),
      C: thing({ Of: ref('A') }),
    });
  await create('one', body('red'));
  const before = cloud.things.map(({ physicalId }) => physicalId).sort();
  const story = await storyOf('one');
  await update('one', body('blue'));
  assert.deepEqual((await storyOf('one')).slice(story.length), [
    'one UPDATE_IN_PROGRESS: User Initiated',
    'A UPDATE_IN_PROGRESS',
    'A UPDATE_COMPLETE',
    'B UPDATE_IN_PROGRESS',
    'B UPDATE_COMPLETE',
    'one UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',
    'one UPDATE_COMPLETE',
  ]);
  assert.deepEqual(cloud.named('B')[0]?.properties, { Of: 'blue' });
  assert.deepEqual(cloud.things.map(({ physicalId }) => physicalId).sort(), before);
  const { LastUpdatedTime, CreationTime, StackStatus } = await stackOf('one');
  assert.equal(StackStatus, 'UPDATE_COMPLETE');
  assert.ok(LastUpdatedTime instanceof Date && CreationTime instanceof Date);
  assert.ok(LastUpdatedTime >= CreationTime);
});

test('replaces a resource: creates the new one, updates its users, deletes the old', async (t) => {
  const { create, update, cloud, storyOf, sdk } = await setUp(t);
  const body = (name: string) => template({ A: thing({ Name: name }), B: thing({ Of: ref('A') }) });
  await create('one', body('x'));
  const [old] = cloud.named('A');
  const story = await storyOf('one');
  await update('one', body('y'));
  assert.deepEqual((await storyOf('one')).slice(story.length), [
    'one UPDATE_IN_PROGRESS: User Initiated',
    'A UPDATE_IN_PROGRESS: Requested update requires the creation of a new physical resource; hence creating one.',
    'A UPDATE_IN_PROGRESS: Resource creation Initiated',
    'A UPDATE_COMPLETE',
    'B UPDATE_IN_PROGRESS',
    'B UPDATE_COMPLETE',
    'one UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',
    'A DELETE_IN_PROGRESS',
    'A DELETE_COMPLETE',
    'one UPDATE_COMPLETE',
  ]);
  const [now, ...more] = cloud.named('A');
  assert.deepEqual(more, []);
  assert.notEqual(now?.physicalId, old?.physicalId);
  assert.deepEqual(cloud.named('B')[0]?.properties, { Of: now?.physicalId });
  const { StackResourceDetail } = await sdk.describeStackResource({
    StackName: 'one',
    LogicalResourceId: 'A',
  });
  assert.equal(StackResourceDetail?.PhysicalResourceId, now?.physicalId);
  assert.equal(StackResourceDetail?.ResourceStatus, 'UPDATE_COMPLETE');
});

test('keeps the replaced resource with UpdateReplacePolicy Retain', async (t) => {
  const { create, update, cloud, storyOf } = await setUp(t);
  const body = (name: string) => template({ A: thing({ Name: name }, { UpdateReplacePolicy: 'Retain' }) });
  await create('one', body('x'));
  await update('one', body('y'));
  assert.deepEqual(cloud.named('A').length, 2);
  assert.ok((await storyOf('one')).includes('A DELETE_SKIPPED'));
});

test('deletes removed resources last, users first, unless their policy is Retain', async (t) => {
  const { create, update, cloud, storyOf, sdk } = await setUp(t);
  await create(
    'one',
    template({
      A: thing(),
      B: thing({ Of: ref('A') }),
      Kept: thing({}, { DeletionPolicy: 'Retain' }),
      Except: thing({}, { DeletionPolicy: 'RetainExceptOnCreate' }),
      Stays: thing(),
    }),
  );
  cloud.calls.length = 0;
  await update('one', template({ Stays: thing(), New: thing() }));
  assert.deepEqual(cloud.calls, ['create New', 'delete B', 'delete A']);
  assert.deepEqual(cloud.things.map(({ logicalId }) => logicalId).sort(), ['Except', 'Kept', 'New', 'Stays']);
  const story = await storyOf('one');
  assert.ok(story.indexOf('one UPDATE_COMPLETE_CLEANUP_IN_PROGRESS') < story.indexOf('B DELETE_IN_PROGRESS'));
  const { StackResourceSummaries = [] } = await sdk.listStackResources({ StackName: 'one' });
  assert.deepEqual(StackResourceSummaries.map(({ LogicalResourceId }) => LogicalResourceId).sort(), [
    'New',
    'Stays',
  ]);
});

test('reports and keeps resources that cannot be cleaned up after an update', async (t) => {
  const { create, update, cloud, statusOf, storyOf } = await setUp(t);
  await create('one', template({ A: thing(), B: thing() }));
  cloud.refuse('delete', 'B');
  await update('one', template({ A: thing() }));
  assert.equal(await statusOf('one'), 'UPDATE_COMPLETE');
  assert.ok((await storyOf('one')).some((event) => event.startsWith('B DELETE_FAILED: ')));
  assert.equal(cloud.named('B').length, 1);
});

test('calls no service for an update of metadata', async (t) => {
  const { create, update, cloud, sdk, statusOf } = await setUp(t);
  const body = (version: number) => template({ A: thing({}, { Metadata: { version } }) });
  await create('one', body(1));
  cloud.calls.length = 0;
  await update('one', body(2));
  assert.equal(await statusOf('one'), 'UPDATE_COMPLETE');
  assert.deepEqual(cloud.calls, []);
  const { StackResourceDetail } = await sdk.describeStackResource({
    StackName: 'one',
    LogicalResourceId: 'A',
  });
  assert.equal(StackResourceDetail?.Metadata, '{"version":2}');
});

test('updates outputs or tags alone, but not policies, descriptions or order', async (t) => {
  const { create, update, cloud, sdk, stackOf } = await setUp(t);
  const resources = { A: thing(), B: thing() };
  await create('one', template(resources));
  cloud.calls.length = 0;
  const Outputs = { Id: { Value: ref('A') } };
  await update('one', template(resources, { Outputs }));
  assert.equal((await stackOf('one')).Outputs?.[0]?.OutputKey, 'Id');
  await update('one', template(resources, { Outputs }), { Tags: [{ Key: 'k', Value: 'v' }] });
  assert.deepEqual((await stackOf('one')).Tags, [{ Key: 'k', Value: 'v' }]);
  assert.deepEqual(cloud.calls, []);
  const { B, A } = resources;
  await assert.rejects(
    sdk.updateStack({
      StackName: 'one',
      TemplateBody: JSON.stringify(template({ B, A }, { Outputs, Description: 'new' })),
    }),
    NO_UPDATES,
  );
  await assert.rejects(sdk.updateStack({ StackName: 'one', UsePreviousTemplate: true }), NO_UPDATES);
});

test('adds and removes resources, properties and outputs as conditions change', async (t) => {
  const { create, update, cloud, stackOf, sdk, idle } = await setUp(t);
  const body = template(
    {
      Always: thing({ Colour: { 'Fn::If': ['Rich', 'gold', ref('AWS::NoValue')] } }),
      Logs: thing({ Of: ref('Always') }, { Condition: 'Rich' }),
    },
    {
      Parameters: { Size: { Type: 'String', Default: 'small' } },
      Conditions: {
        Large: { 'Fn::Equals': [ref('Size'), 'large'] },
        Rich: { 'Fn::And': [{ Condition: 'Large' }, { 'Fn::Not': [{ 'Fn::Equals': [ref('Size'), ''] }] }] },
      },
      Outputs: { Logs: { Condition: 'Rich', Value: ref('Logs') } },
    },
  );
  await create('one', body);
  assert.deepEqual(cloud.named('Always')[0]?.properties, {});
  assert.deepEqual((await stackOf('one')).Outputs, []);
  const Parameters = [{ ParameterKey: 'Size', ParameterValue: 'large' }];
  await update('one', body, { Parameters });
  assert.deepEqual(cloud.named('Always')[0]?.properties, { Colour: 'gold' });
  assert.equal((await stackOf('one')).Outputs?.[0]?.OutputValue, cloud.named('Logs')[0]?.physicalId);
  const keeping = [{ ParameterKey: 'Size', UsePreviousValue: true }];
  await assert.rejects(
    sdk.updateStack({ StackName: 'one', UsePreviousTemplate: true, Parameters: keeping }),
    NO_UPDATES,
  );
  await sdk.updateStack({ StackName: 'one', UsePreviousTemplate: true });
  await idle();
  assert.deepEqual(cloud.named('Logs'), []);
  assert.deepEqual((await stackOf('one')).Parameters, [{ ParameterKey: 'Size', ParameterValue: 'small' }]);
});

test('refuses to change a resource’s type under the same logical ID', async (t) => {
  const { create, sdk } = await setUp(t);
  await create('one', template({ A: thing() }));
  await assert.rejects(
    sdk.updateStack({
      StackName: 'one',
      TemplateBody: JSON.stringify(template({ A: { Type: 'Test::Other' } })),
    }),
    awsError(
      'ValidationError',
      'Update of resource type is not permitted. The new template modifies resource type of the following resources: [A]',
    ),
  );
});

test('refuses another update and a deletion of a stack under update', async (t) => {
  const { create, cloud, sdk, idle } = await setUp(t);
  const body = (colour: string) => JSON.stringify(template({ A: thing({ Colour: colour }) }));
  const id = await create('one', template({ A: thing() }));
  const release = cloud.hold('update', 'A');
  await sdk.updateStack({ StackName: 'one', TemplateBody: body('red') });
  await assert.rejects(
    sdk.updateStack({ StackName: 'one', TemplateBody: body('blue') }),
    awsError('ValidationError', `Stack:${id} is in UPDATE_IN_PROGRESS state and can not be updated.`),
  );
  await assert.rejects(
    sdk.createChangeSet({ StackName: 'one', ChangeSetName: 'c', TemplateBody: body('blue') }),
    awsError('ValidationError', `Stack:${id} is in UPDATE_IN_PROGRESS state and can not be updated.`),
  );
  await assert.rejects(
    sdk.deleteStack({ StackName: 'one' }),
    awsError('ValidationError', `Stack [${id}] cannot be deleted while in status UPDATE_IN_PROGRESS`),
  );
  release();
  await idle();
  assert.deepEqual(cloud.named('A')[0]?.properties, { Colour: 'red' });
});
