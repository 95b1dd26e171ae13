import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../../../local/json.ts';
import { awsError } from '../../support/aws-error.ts';
import { ref, type Setup, setUp, template, thing } from './fixture.ts';

const body = (colour: string, more: Record<string, Json> = {}) =>
  template({ A: thing({ Colour: colour }), B: thing({ Colour: colour, Of: ref('A') }), ...more });

const physicalIds = ({ cloud }: Setup) => cloud.things.map(({ physicalId }) => physicalId).sort();

test('restores changed, replaced, added and removed resources after a failed update', async (t) => {
  const setup = await setUp(t, { faults: { failingResources: { Bad: 'Quota exceeded' } } });
  const { create, update, cloud, storyOf, stackOf } = setup;
  const first = template(
    { A: thing({ Colour: 'red' }), N: thing({ Name: 'x', Of: ref('A') }), Gone: thing() },
    { Description: 'before', Outputs: { Id: { Value: ref('N') } } },
  );
  await create('one', first, { Tags: [{ Key: 'k', Value: 'v' }] });
  const before = physicalIds(setup);
  const story = await storyOf('one');
  await update(
    'one',
    template({
      A: thing({ Colour: 'blue' }),
      N: thing({ Name: 'y', Of: ref('A') }),
      New: thing({}, { DependsOn: 'N' }),
      Bad: thing({}, { DependsOn: 'New' }),
    }),
  );
  const told = (await storyOf('one')).slice(story.length);
  assert.deepEqual(
    told.filter((event) => /^(one|Bad)/.test(event)),
    [
      'one UPDATE_IN_PROGRESS: User Initiated',
      'Bad CREATE_IN_PROGRESS',
      'Bad CREATE_FAILED: Resource handler returned message: "Quota exceeded" (RequestToken: …, HandlerErrorCode: GeneralServiceException)',
      'one UPDATE_ROLLBACK_IN_PROGRESS: The following resource(s) failed to create: [Bad]. ',
      'one UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS',
      'Bad DELETE_COMPLETE',
      'one UPDATE_ROLLBACK_COMPLETE',
    ],
  );
  assert.ok(told.includes('New DELETE_COMPLETE'));
  assert.deepEqual(physicalIds(setup), before);
  assert.deepEqual(cloud.named('A')[0]?.properties, { Colour: 'red' });
  const { StackStatus, Description, Outputs, Tags } = await stackOf('one');
  assert.equal(StackStatus, 'UPDATE_ROLLBACK_COMPLETE');
  assert.equal(Description, 'before');
  assert.equal(Outputs?.[0]?.OutputValue, cloud.named('N')[0]?.physicalId);
  assert.deepEqual(Tags, [{ Key: 'k', Value: 'v' }]);
});

test('accepts a corrected update after a rollback', async (t) => {
  const { create, update, cloud, faults, statusOf } = await setUp(t, {
    faults: { failingResources: { Bad: 'no' } },
  });
  await create('one', body('red'));
  await update('one', body('blue', { Bad: thing() }));
  assert.equal(await statusOf('one'), 'UPDATE_ROLLBACK_COMPLETE');
  faults.failingResources = {};
  await update('one', body('blue', { Bad: thing() }));
  assert.equal(await statusOf('one'), 'UPDATE_COMPLETE');
  assert.deepEqual(cloud.named('A')[0]?.properties, { Colour: 'blue' });
});

test('reverts a failed change in place, because its progress is unknown', async (t) => {
  const { create, update, cloud, storyOf, statusOf } = await setUp(t, {
    faults: { failingResources: { B: 'no' } },
  });
  const faultless = { B: thing({ Of: ref('A') }) };
  await create('one', template({ A: thing({ Colour: 'red' }) }));
  await update('one', template({ A: thing({ Colour: 'blue' }), ...faultless }));
  assert.equal(await statusOf('one'), 'UPDATE_ROLLBACK_COMPLETE');
  cloud.refuse('update', 'A');
  await update('one', template({ A: thing({ Colour: 'green' }) }));
  assert.equal(await statusOf('one'), 'UPDATE_ROLLBACK_FAILED');
  assert.ok((await storyOf('one')).some((event) => event.startsWith('A UPDATE_FAILED: ')));
});

/** Creates a stack whose rollback has failed at A. */
async function stuck(setup: Setup) {
  const { create, update, cloud, statusOf } = setup;
  await create('one', body('red'));
  cloud.refuse('update', 'A');
  cloud.refuse('update', 'B');
  await update('one', body('blue', { New: thing() }));
  assert.equal(await statusOf('one'), 'UPDATE_ROLLBACK_FAILED');
}

test('resumes a stuck rollback once its cause is fixed', async (t) => {
  const setup = await setUp(t);
  const { cloud, sdk, idle, statusOf, stackOf } = setup;
  await stuck(setup);
  assert.match(
    (await stackOf('one')).StackStatusReason ?? '',
    /^The following resource\(s\) failed to update: \[A\]\. $/,
  );
  await assert.rejects(
    sdk.updateStack({ StackName: 'one', TemplateBody: JSON.stringify(body('green')) }),
    awsError('ValidationError', /is in UPDATE_ROLLBACK_FAILED state and can not be updated\.$/),
  );
  cloud.refusals.clear();
  await sdk.continueUpdateRollback({ StackName: 'one' });
  await idle();
  assert.equal(await statusOf('one'), 'UPDATE_ROLLBACK_COMPLETE');
  assert.deepEqual(cloud.named('A')[0]?.properties, { Colour: 'red' });
  assert.deepEqual(cloud.named('New'), []);
  await assert.rejects(
    sdk.continueUpdateRollback({ StackName: 'one' }),
    awsError(
      'ValidationError',
      /is in UPDATE_ROLLBACK_COMPLETE state and can not continue update rollback\.$/,
    ),
  );
});

test('accepts stuck resources as they are with ResourcesToSkip', async (t) => {
  const setup = await setUp(t);
  const { cloud, sdk, idle, statusOf } = setup;
  await stuck(setup);
  await sdk.continueUpdateRollback({ StackName: 'one' });
  await idle();
  assert.equal(await statusOf('one'), 'UPDATE_ROLLBACK_FAILED');
  await assert.rejects(
    sdk.continueUpdateRollback({ StackName: 'one', ResourcesToSkip: ['New'] }),
    awsError('ValidationError', /New/),
  );
  cloud.refusals.delete('update B');
  await sdk.continueUpdateRollback({ StackName: 'one', ResourcesToSkip: ['A'] });
  await idle();
  assert.equal(await statusOf('one'), 'UPDATE_ROLLBACK_COMPLETE');
  cloud.refusals.clear();
  await setup.update('one', body('green'));
  assert.equal(await statusOf('one'), 'UPDATE_COMPLETE');
  assert.deepEqual(cloud.named('A')[0]?.properties, { Colour: 'green' });
});

test('deletes a stuck stack with everything that its update left', async (t) => {
  const setup = await setUp(t);
  await stuck(setup);
  await setup.remove('one');
  assert.deepEqual(setup.cloud.things, []);
});

test('keeps a failed update with DisableRollback, and resumes or rolls back', async (t) => {
  const { create, update, cloud, faults, sdk, idle, statusOf } = await setUp(t, {
    faults: { failingResources: { Bad: 'no' } },
  });
  for (const name of ['on', 'back']) {
    await create(name, body('red'));
    await update(name, body('blue', { Bad: thing({}, { DependsOn: 'B' }) }), { DisableRollback: true });
    assert.equal(await statusOf(name), 'UPDATE_FAILED');
  }
  assert.deepEqual(
    cloud.named('A').map(({ properties }) => properties.Colour),
    ['blue', 'blue'],
  );
  await sdk.rollbackStack({ StackName: 'back' });
  await idle();
  assert.equal(await statusOf('back'), 'UPDATE_ROLLBACK_COMPLETE');
  faults.failingResources = {};
  await sdk.updateStack({ StackName: 'on', UsePreviousTemplate: true, DisableRollback: true });
  await idle();
  assert.equal(await statusOf('on'), 'UPDATE_COMPLETE');
  assert.deepEqual(
    cloud
      .named('A')
      .map(({ properties }) => properties.Colour)
      .sort(),
    ['blue', 'red'],
  );
});
