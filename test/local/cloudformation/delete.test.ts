import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AwsError } from '../../../local/wire/errors.ts';
import { awsError } from '../../support/aws-error.ts';
import { ref, setUp, template, thing } from './fixture.ts';

const chain = template({ A: thing(), B: thing({ Of: ref('A') }), C: thing({ Of: ref('B') }) });

test('deletes dependent resources first; finds the stack afterwards by ID only', async (t) => {
  const { create, remove, cloud, storyOf, stackOf, sdk } = await setUp(t);
  const id = await create('one', chain);
  cloud.calls.length = 0;
  const story = await storyOf(id);
  await remove('one');
  assert.deepEqual(cloud.calls, ['delete C', 'delete B', 'delete A']);
  assert.deepEqual((await storyOf(id)).slice(story.length), [
    'one DELETE_IN_PROGRESS: User Initiated',
    'C DELETE_IN_PROGRESS',
    'C DELETE_COMPLETE',
    'B DELETE_IN_PROGRESS',
    'B DELETE_COMPLETE',
    'A DELETE_IN_PROGRESS',
    'A DELETE_COMPLETE',
    'one DELETE_COMPLETE',
  ]);
  const { StackStatus, DeletionTime } = await stackOf(id);
  assert.equal(StackStatus, 'DELETE_COMPLETE');
  assert.ok(DeletionTime instanceof Date);
  await assert.rejects(stackOf('one'), awsError('ValidationError', 'Stack with id one does not exist'));
  assert.deepEqual((await sdk.describeStacks({})).Stacks, []);
  assert.equal((await sdk.listStacks({})).StackSummaries?.[0]?.StackId, id);
});

test('succeeds for a missing or deleted stack; frees the name', async (t) => {
  const { create, remove, statusOf } = await setUp(t);
  await remove('nothing');
  const id = await create('one', chain);
  await remove('one');
  await remove(id);
  const again = await create('one', chain);
  assert.notEqual(again, id);
  assert.equal(await statusOf('one'), 'CREATE_COMPLETE');
  assert.equal(await statusOf(id), 'DELETE_COMPLETE');
});

test('reports DELETE_FAILED with a reason, and keeps the dependencies', async (t) => {
  const { create, remove, cloud, storyOf, stackOf, sdk, statusOf } = await setUp(t);
  const id = await create('one', chain);
  cloud.refuse('delete', 'B', new AwsError('BucketNotEmpty', 'The bucket you tried to delete is not empty'));
  await remove('one');
  const { StackStatus, StackStatusReason } = await stackOf('one');
  assert.equal(StackStatus, 'DELETE_FAILED');
  assert.equal(StackStatusReason, 'The following resource(s) failed to delete: [B]. ');
  assert.ok(
    (await storyOf('one')).includes(
      'B DELETE_FAILED: Resource handler returned message: "The bucket you tried to delete is not empty" (RequestToken: …, HandlerErrorCode: GeneralServiceException)',
    ),
  );
  assert.deepEqual(cloud.things.map(({ logicalId }) => logicalId).sort(), ['A', 'B']);
  await assert.rejects(
    sdk.updateStack({ StackName: 'one', TemplateBody: JSON.stringify(template({ A: thing() })) }),
    awsError('ValidationError', `Stack:${id} is in DELETE_FAILED state and can not be updated.`),
  );
  await remove('one');
  assert.equal(await statusOf('one'), 'DELETE_FAILED');
  cloud.refusals.clear();
  await remove('one');
  assert.equal(await statusOf(id), 'DELETE_COMPLETE');
  assert.deepEqual(cloud.things, []);
});

test('retains only resources of RetainResources that could not be deleted', async (t) => {
  const { create, remove, cloud, storyOf, statusOf, sdk } = await setUp(t);
  const id = await create('one', chain);
  await assert.rejects(
    sdk.deleteStack({ StackName: 'one', RetainResources: ['B'] }),
    awsError('ValidationError', /only when stack is in DELETE_FAILED state\.$/),
  );
  cloud.refuse('delete', 'B');
  await remove('one');
  await assert.rejects(
    sdk.deleteStack({ StackName: 'one', RetainResources: ['A', 'B'] }),
    awsError('ValidationError', /not in state DELETE_FAILED: \[A\]$/),
  );
  await remove('one', { RetainResources: ['B'] });
  assert.equal(await statusOf(id), 'DELETE_COMPLETE');
  assert.ok((await storyOf(id)).includes('B DELETE_SKIPPED'));
  assert.deepEqual(
    cloud.things.map(({ logicalId }) => logicalId),
    ['B'],
  );
});

test('retains undeletable resources with FORCE_DELETE_STACK', async (t) => {
  const { create, remove, cloud, statusOf } = await setUp(t);
  const id = await create('one', chain);
  cloud.refuse('delete', 'C');
  await remove('one');
  await remove('one', { DeletionMode: 'FORCE_DELETE_STACK' });
  assert.equal(await statusOf(id), 'DELETE_COMPLETE');
  assert.deepEqual(
    cloud.things.map(({ logicalId }) => logicalId),
    ['C'],
  );
});

test('keeps resources with deletion policies Retain and RetainExceptOnCreate', async (t) => {
  const { create, remove, cloud, storyOf, statusOf } = await setUp(t);
  const id = await create(
    'one',
    template({
      Kept: thing({}, { DeletionPolicy: 'Retain' }),
      Except: thing({ Of: ref('Kept') }, { DeletionPolicy: 'RetainExceptOnCreate' }),
      Gone: thing({ Of: ref('Except') }, { DeletionPolicy: 'Delete' }),
    }),
  );
  cloud.calls.length = 0;
  await remove('one');
  assert.equal(await statusOf(id), 'DELETE_COMPLETE');
  assert.deepEqual(cloud.calls, ['delete Gone']);
  const story = await storyOf(id);
  assert.ok(story.includes('Kept DELETE_SKIPPED') && story.includes('Except DELETE_SKIPPED'));
});

test('refuses a deletion under termination protection until it is turned off', async (t) => {
  const { create, remove, sdk, statusOf } = await setUp(t);
  const id = await create('one', chain, { EnableTerminationProtection: true });
  await assert.rejects(
    sdk.deleteStack({ StackName: 'one' }),
    awsError('ValidationError', 'Stack [one] cannot be deleted while TerminationProtection is enabled'),
  );
  await sdk.updateTerminationProtection({ StackName: 'one', EnableTerminationProtection: false });
  await remove('one');
  assert.equal(await statusOf(id), 'DELETE_COMPLETE');
});

test('joins a running deletion at a second request', async (t) => {
  const { create, cloud, sdk, idle, statusOf } = await setUp(t);
  const id = await create('one', chain);
  const release = cloud.hold('delete', 'C');
  await sdk.deleteStack({ StackName: 'one' });
  await sdk.deleteStack({ StackName: 'one' });
  assert.equal(await statusOf('one'), 'DELETE_IN_PROGRESS');
  await assert.rejects(
    sdk.createStack({ StackName: 'one', TemplateBody: JSON.stringify(chain) }),
    awsError('AlreadyExistsException', 'Stack [one] already exists'),
  );
  release();
  await idle();
  assert.equal(await statusOf(id), 'DELETE_COMPLETE');
  assert.equal(cloud.calls.filter((call) => call === 'delete C').length, 1);
});
