import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../cli/errors.ts';
import { GoneRecords } from '../../../cli/stack/remains.ts';
import { testContext } from '../../support/context.ts';

test('reports records that cannot be deleted in one warning', async () => {
  const context = testContext();
  const gone = new GoneRecords();
  const failing = (path: string) => async () => {
    throw new UserError('disk', `${path} cannot be written: the file system is read-only.`);
  };
  await gone.forget('the bucket a', failing('a.json'));
  await gone.forget('the bucket b', async () => {});
  await gone.forget('the edge function c', failing('c.json'));
  gone.warn(context);
  const warnings = context.events.filter(({ type }) => type === 'warning');
  assert.deepEqual(
    warnings.map((one) => 'text' in one && one.text),
    [
      'Deleted, but still recorded on this computer: the bucket a, the edge function c. a.json cannot be written: the file system is read-only.',
    ],
  );
  await assert.rejects(
    gone.forget('d', async () => {
      throw new UserError('interrupted', 'Interrupted.');
    }),
    { code: 'interrupted' },
  );
});

test('does not warn of records that were deleted', async () => {
  const context = testContext();
  const gone = new GoneRecords();
  await gone.forget('the bucket a', async () => {});
  gone.warn(context);
  assert.deepEqual(context.events, []);
});
