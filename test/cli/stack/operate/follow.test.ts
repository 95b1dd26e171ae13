import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deleteStack } from '../../../../cli/stack/operate/destroy.ts';
import { withCode } from '../../transfer/helpers/uploading.ts';
import { workAgainst } from '../world.ts';

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
