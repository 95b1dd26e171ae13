import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../../local/json.ts';
import { awsError } from '../../support/aws-error.ts';
import { ref, setUp, template, thing } from './fixture.ts';

const NO_CHANGES =
  "The submitted information didn't contain changes. Submit different information to create a change set.";

const named = (StackName: string, ChangeSetName: string, body: JsonObject) => ({
  StackName,
  ChangeSetName,
  TemplateBody: JSON.stringify(body),
});

test('creates a new stack in REVIEW_IN_PROGRESS until its change set is executed', async (t) => {
  const { sdk, cloud, idle, stackOf, storyOf, statusOf } = await setUp(t);
  const { Id = '', StackId = '' } = await sdk.createChangeSet({
    ...named('one', 'first', template({ A: thing({ Colour: 'red' }), B: thing({ Of: ref('A') }) })),
    ChangeSetType: 'CREATE',
    Description: 'a beginning',
    Tags: [{ Key: 'k', Value: 'v' }],
  });
  assert.match(Id, /^arn:aws:cloudformation:us-east-1:000000000000:changeSet\/first\/[0-9a-f-]{36}$/);
  assert.equal(await statusOf('one'), 'REVIEW_IN_PROGRESS');
  assert.deepEqual(await storyOf('one'), ['one REVIEW_IN_PROGRESS: User Initiated']);
  const told = await sdk.describeChangeSet({ StackName: 'one', ChangeSetName: 'first' });
  assert.deepEqual(
    {
      Status: told.Status,
      ExecutionStatus: told.ExecutionStatus,
      Description: told.Description,
      StackId: told.StackId,
      Tags: told.Tags,
      Changes: told.Changes?.map(({ ResourceChange }) => [
        ResourceChange?.Action,
        ResourceChange?.LogicalResourceId,
      ]),
    },
    {
      Status: 'CREATE_COMPLETE',
      ExecutionStatus: 'AVAILABLE',
      Description: 'a beginning',
      StackId,
      Tags: [{ Key: 'k', Value: 'v' }],
      Changes: [
        ['Add', 'A'],
        ['Add', 'B'],
      ],
    },
  );
  assert.deepEqual(cloud.calls, []);
  await sdk.executeChangeSet({ ChangeSetName: Id, ClientRequestToken: 'go' });
  await idle();
  const stack = await stackOf('one');
  assert.equal(stack.StackStatus, 'CREATE_COMPLETE');
  assert.equal(stack.ChangeSetId, Id);
  assert.equal((await sdk.describeChangeSet({ ChangeSetName: Id })).ExecutionStatus, 'EXECUTE_COMPLETE');
  assert.equal((await storyOf('one'))[1], 'one CREATE_IN_PROGRESS: User Initiated');
});

test('accepts more change sets and a deletion in review, but no update', async (t) => {
  const { sdk, idle, statusOf } = await setUp(t);
  const body = template({ A: thing() });
  const { StackId = '' } = await sdk.createChangeSet({ ...named('one', 'a', body), ChangeSetType: 'CREATE' });
  const second = await sdk.createChangeSet({ ...named('one', 'b', body), ChangeSetType: 'CREATE' });
  assert.equal(second.StackId, StackId);
  await assert.rejects(
    sdk.createChangeSet(named('one', 'c', body)),
    awsError('ValidationError', `Stack:${StackId} is in REVIEW_IN_PROGRESS state and can not be updated.`),
  );
  await sdk.deleteChangeSet({ StackName: 'one', ChangeSetName: 'a' });
  await sdk.deleteChangeSet({ StackName: 'one', ChangeSetName: 'a' });
  assert.deepEqual(
    (await sdk.listChangeSets({ StackName: 'one' })).Summaries?.map(({ ChangeSetName }) => ChangeSetName),
    ['b'],
  );
  await sdk.deleteStack({ StackName: 'one' });
  await idle();
  assert.equal(await statusOf(StackId), 'DELETE_COMPLETE');
});

test('fails a change set without changes in AWS’s words, and does not execute it', async (t) => {
  const { sdk, create } = await setUp(t);
  const body = template({ A: thing() });
  await create('one', body);
  const { Id } = await sdk.createChangeSet(named('one', 'same', body));
  const { Status, StatusReason, ExecutionStatus } = await sdk.describeChangeSet({ ChangeSetName: Id });
  assert.deepEqual([Status, ExecutionStatus, StatusReason], ['FAILED', 'UNAVAILABLE', NO_CHANGES]);
  await assert.rejects(
    sdk.executeChangeSet({ ChangeSetName: Id }),
    awsError(
      'InvalidChangeSetStatusException',
      `ChangeSet [${Id}] cannot be executed in its current status of [FAILED]`,
    ),
  );
});

test('makes the other change sets obsolete when one is executed, then deletes them', async (t) => {
  const { sdk, create, cloud, idle, statusOf } = await setUp(t);
  await create('one', template({ A: thing() }));
  const { Id: first } = await sdk.createChangeSet(
    named('one', 'first', template({ A: thing({ Colour: 'red' }) })),
  );
  const { Id: other } = await sdk.createChangeSet(
    named('one', 'other', template({ A: thing({ Colour: 'blue' }) })),
  );
  const release = cloud.hold('update', 'A');
  await sdk.executeChangeSet({ ChangeSetName: first });
  assert.equal(
    (await sdk.describeChangeSet({ ChangeSetName: first })).ExecutionStatus,
    'EXECUTE_IN_PROGRESS',
  );
  assert.equal((await sdk.describeChangeSet({ ChangeSetName: other })).ExecutionStatus, 'OBSOLETE');
  await assert.rejects(
    sdk.executeChangeSet({ ChangeSetName: other }),
    awsError(
      'InvalidChangeSetStatusException',
      `ChangeSet [${other}] cannot be executed in its current execution status of [OBSOLETE]`,
    ),
  );
  await assert.rejects(
    sdk.deleteChangeSet({ ChangeSetName: first }),
    awsError('InvalidChangeSetStatusException', /cannot be deleted .* \[EXECUTE_IN_PROGRESS\]$/),
  );
  release();
  await idle();
  assert.equal(await statusOf('one'), 'UPDATE_COMPLETE');
  await assert.rejects(
    sdk.executeChangeSet({ ChangeSetName: first }),
    awsError(
      'InvalidChangeSetStatusException',
      `ChangeSet [${first}] cannot be executed in its current execution status of [EXECUTE_COMPLETE]`,
    ),
  );
  await assert.rejects(
    sdk.describeChangeSet({ ChangeSetName: other }),
    awsError('ChangeSetNotFoundException', `ChangeSet [${other}] does not exist`),
  );
  assert.deepEqual(cloud.named('A')[0]?.properties, { Colour: 'red' });
});

test('makes change sets obsolete at an update without them', async (t) => {
  const { sdk, create, update } = await setUp(t);
  await create('one', template({ A: thing() }));
  const { Id } = await sdk.createChangeSet(named('one', 'c', template({ A: thing({ Colour: 'red' }) })));
  await update('one', template({ A: thing({ Colour: 'blue' }) }));
  assert.equal((await sdk.describeChangeSet({ ChangeSetName: Id })).ExecutionStatus, 'OBSOLETE');
  await sdk.deleteChangeSet({ ChangeSetName: Id });
  assert.deepEqual((await sdk.listChangeSets({ StackName: 'one' })).Summaries, []);
});

test('reports the status of a change set whose execution fails', async (t) => {
  const { sdk, idle, statusOf } = await setUp(t, { faults: { failingResources: { Bad: 'no' } } });
  const body = template({ Bad: thing() });
  const { Id, StackId = '' } = await sdk.createChangeSet({
    ...named('one', 'c', body),
    ChangeSetType: 'CREATE',
  });
  await sdk.executeChangeSet({ ChangeSetName: Id });
  await idle();
  assert.equal(await statusOf('one'), 'ROLLBACK_COMPLETE');
  assert.equal((await sdk.describeChangeSet({ ChangeSetName: Id })).ExecutionStatus, 'EXECUTE_FAILED');
  await assert.rejects(
    sdk.createChangeSet({ ...named('one', 'again', body), ChangeSetType: 'CREATE' }),
    awsError(
      'ValidationError',
      'Stack [one] already exists and cannot be created again with the changeSet [again].',
    ),
  );
  await assert.rejects(
    sdk.createChangeSet(named('one', 'again', body)),
    awsError('ValidationError', `Stack:${StackId} is in ROLLBACK_COMPLETE state and can not be updated.`),
  );
});

test('keeps what OnStackFailure retains of a failed creation', async (t) => {
  const { sdk, idle, statusOf } = await setUp(t, { faults: { failingResources: { Bad: 'no' } } });
  const body = template({ Good: thing(), Bad: thing({ Of: ref('Good') }) });
  const run = async (name: string, OnStackFailure: 'DELETE' | 'DO_NOTHING') => {
    const { Id, StackId = '' } = await sdk.createChangeSet({
      ...named(name, 'c', body),
      ChangeSetType: 'CREATE',
      OnStackFailure,
    });
    await sdk.executeChangeSet({ ChangeSetName: Id });
    await idle();
    return statusOf(StackId);
  };
  assert.equal(await run('gone', 'DELETE'), 'DELETE_COMPLETE');
  assert.equal(await run('left', 'DO_NOTHING'), 'CREATE_FAILED');
  await assert.rejects(
    sdk.createChangeSet({ ...named('left', 'd', body), OnStackFailure: 'DELETE' }),
    awsError('ValidationError', 'OnStackFailure DELETE is only valid when the ChangeSetType is CREATE.'),
  );
});

test('refuses duplicate names, repeats idempotent tokens, reports missing change sets', async (t) => {
  const { sdk, create } = await setUp(t);
  await create('one', template({ A: thing() }));
  const request = named('one', 'c', template({ A: thing({ Colour: 'red' }) }));
  const { Id } = await sdk.createChangeSet({ ...request, ClientToken: 'same' });
  assert.equal((await sdk.createChangeSet({ ...request, ClientToken: 'same' })).Id, Id);
  await assert.rejects(
    sdk.createChangeSet(request),
    awsError('AlreadyExistsException', 'ChangeSet c already exists'),
  );
  await assert.rejects(
    sdk.describeChangeSet({ StackName: 'one', ChangeSetName: 'nothing' }),
    awsError('ChangeSetNotFoundException', 'ChangeSet [nothing] does not exist'),
  );
  for (const call of [
    sdk.createChangeSet({ ...request, StackName: 'nothing' }),
    sdk.describeChangeSet({ StackName: 'nothing', ChangeSetName: 'c' }),
    sdk.deleteChangeSet({ StackName: 'nothing', ChangeSetName: 'c' }),
    sdk.listChangeSets({ StackName: 'nothing' }),
  ]) {
    await assert.rejects(call, awsError('ValidationError', 'Stack [nothing] does not exist'));
  }
  const { TemplateBody } = await sdk.getTemplate({ StackName: 'one', ChangeSetName: 'c' });
  assert.equal(TemplateBody, request.TemplateBody);
});
