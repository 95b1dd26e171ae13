import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../../local/json.ts';
import { ref, setUp, template, thing } from '../cloudformation/fixture.ts';

const body = (colour: string): JsonObject =>
  template({ A: thing({ Colour: colour }), B: thing({ Of: ref('A'), Colour: colour }) });

const reason = (words: string) =>
  `Resource handler returned message: "${words}" (RequestToken: …, HandlerErrorCode: GeneralServiceException)`;

test('fails the creation, update, rollback or deletion of a resource with its reason', async (t) => {
  const { create, update, remove, storyOf, statusOf, faults } = await setUp(t, {
    faults: { failingResources: { B: { create: 'no room' } } },
  });
  await create('new', body('red'));
  assert.equal(await statusOf('new'), 'ROLLBACK_COMPLETE');
  assert.ok((await storyOf('new')).includes(`B CREATE_FAILED: ${reason('no room')}`));

  faults.failingResources = { B: { update: 'no change', rollback: 'no way back', delete: 'no end' } };
  await create('one', body('red'));
  await update('one', body('blue'));
  assert.equal(await statusOf('one'), 'UPDATE_ROLLBACK_FAILED');
  const story = await storyOf('one');
  assert.ok(story.includes(`B UPDATE_FAILED: ${reason('no change')}`));
  assert.ok(story.includes(`B UPDATE_FAILED: ${reason('no way back')}`));

  await remove('one');
  assert.equal(await statusOf('one'), 'DELETE_FAILED');
  assert.ok((await storyOf('one')).includes(`B DELETE_FAILED: ${reason('no end')}`));
  faults.failingResources = {};
  await remove('one');
  await assert.rejects(statusOf('one'), { message: 'Stack with id one does not exist' });
});

test('delays the creation, update and deletion of resources', async (t) => {
  const resourceDelayMs = 100;
  const { create, update, remove, cloud, stackOf } = await setUp(t, {
    faults: { resourceDelayMs },
  });
  const took = async (work: () => Promise<unknown>) => {
    const begun = performance.now();
    await work();
    return performance.now() - begun;
  };
  // Timers can fire slightly early by the clock that the test reads.
  const two = 2 * resourceDelayMs - 10;
  assert.ok((await took(() => create('one', body('red')))) >= two);
  assert.ok((await took(() => update('one', body('blue')))) >= two);
  assert.ok((await took(() => remove('one'))) >= two);
  assert.deepEqual(cloud.things, []);
  await assert.rejects(stackOf('one'));
});

test('delays the states in describe calls by the given number of calls', async (t) => {
  const { sdk, create, update, statusOf, eventsOf, idle, faults } = await setUp(t);
  const id = await create('one', body('red'));
  faults.describeLag = 2;
  const statuses = async (name: string, calls: number) => {
    const told: (string | undefined)[] = [];
    for (let call = 0; call < calls; call += 1) {
      told.push(
        await statusOf(name).catch((error: Error) => {
          if (error.message === `Stack with id ${name} does not exist`) return 'none';
          throw error;
        }),
      );
    }
    return told;
  };
  assert.deepEqual(await statuses('one', 1), ['CREATE_COMPLETE']);
  await update('one', body('blue'));
  assert.deepEqual(await statuses('one', 3), ['CREATE_COMPLETE', 'CREATE_COMPLETE', 'UPDATE_COMPLETE']);
  await sdk.deleteStack({ StackName: 'one' });
  await idle();
  assert.equal((await eventsOf(id)).at(-1)?.ResourceStatus, 'UPDATE_COMPLETE');
  assert.deepEqual(await statuses('one', 3), ['UPDATE_COMPLETE', 'none', 'none']);
  assert.deepEqual(await statuses(id, 1), ['DELETE_COMPLETE']);
});
