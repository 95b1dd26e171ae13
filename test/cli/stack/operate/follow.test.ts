import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isUserError } from '../../../../cli/errors.ts';
import { deleteStack } from '../../../../cli/stack/operate/destroy.ts';
import { follow } from '../../../../cli/stack/operate/follow.ts';
import { listen } from '../../../support/serve.ts';
import { withCode } from '../../transfer/helpers/uploading.ts';
import { workAgainst, workAt } from '../world.ts';

const DENIED = {
  status: 403,
  body: '<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>',
};

test('leaves no task open if an operation is refused, or cannot be followed', async (t) => {
  const { work, events } = await workAgainst(t, () => DENIED);
  for (const status of ['CREATE_COMPLETE', 'DELETE_IN_PROGRESS']) {
    events.length = 0;
    await assert.rejects(deleteStack(work, { id: 'arn', status }), withCode('access_denied'), status);
    assert.deepEqual(
      events.map(({ type }) => type),
      ['task-started', 'task-failed'],
      status,
    );
  }
});

test('shows no failure of an operation that Ctrl-C leaves to CloudFormation', async (t) => {
  const { work, events, interruption } = await workAgainst(t, () => {
    interruption.abort();
    return { body: '' };
  });
  const deletion = deleteStack(work, { id: 'arn', status: 'DELETE_IN_PROGRESS' });
  await assert.rejects(deletion, withCode('interrupted', /Interrupted/, /CloudFormation continues/));
  assert.deepEqual(
    events.map(({ type }) => type),
    ['task-started', 'task-interrupted'],
  );
});

test('keeps the error of the service as the direct cause', async (t) => {
  const { work } = await workAgainst(t, () => DENIED);
  await assert.rejects(follow(work, 'arn'), (error) => {
    assert.ok(isUserError(error));
    assert.match(error.hint ?? '', /CloudFormation continues/);
    assert.ok(error.cause instanceof Error && !isUserError(error.cause));
    assert.equal(error.cause.name, 'AccessDenied');
    return true;
  });
});

test('reports that an operation may have started if the response is lost', async (t) => {
  const endpoint = await listen(t, (request) => void request.socket.destroy());
  const { work } = await workAt(t, endpoint);
  const deletion = deleteStack(work, { id: 'arn', status: 'CREATE_COMPLETE' });
  await assert.rejects(
    deletion,
    withCode('unreachable', /AWS is unreachable/, /may have started the operation\. Run the/),
  );
});
