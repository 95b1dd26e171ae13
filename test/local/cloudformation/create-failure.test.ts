import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awsError } from '../../support/aws-error.ts';
import { att, ref, setUp, template, thing } from './fixture.ts';

test('rolls back at a failed resource, cancels running steps and starts no more', async (t) => {
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

test('keeps what request and deletion policies say of a failed creation', async (t) => {
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

test('resumes or rolls back a preserved failure', async (t) => {
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

test('reports a handler’s defect as an internal failure of its resource', async (t) => {
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

test('fails the resource that uses a missing attribute, or the creation', async (t) => {
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
