import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deleteKept, type FoundKept } from '../../../../cli/stack/operate/kept.ts';
import { GoneRecords } from '../../../../cli/stack/remains.ts';
import { testContext } from '../../../support/context.ts';
import { ownFolder, withCode } from '../../transfer/helpers/uploading.ts';
import { type Answer, workAgainst } from '../world.ts';

const LOGS: FoundKept = { type: 'log bucket', name: 'logs', holds: '0 objects, 0 B', isRecorded: true };

/** A bucket whose lists are always empty, but whose first deletions fail, because logs are delivered meanwhile. */
function refilled(refusals: number) {
  const asked = { emptied: 0, deleted: 0 };
  const answer = (_body: string, path: string, method: string): Answer => {
    if (path.includes('uploadId')) {
      return { status: 404, body: '<Error><Code>NoSuchUpload</Code><Message>none</Message></Error>' };
    }
    if (method === 'POST') return { body: '<DeleteResult/>' };
    if (method === 'DELETE') {
      asked.deleted += 1;
      if (asked.deleted > refusals) return { status: 204, body: '' };
      return {
        status: 409,
        body: '<Error><Code>BucketNotEmpty</Code><Message>not empty</Message></Error>',
      };
    }
    if (path.includes('versions')) asked.emptied += 1;
    const root = path.includes('versions') ? 'ListVersionsResult' : 'ListMultipartUploadsResult';
    return { body: `<${root}><IsTruncated>false</IsTruncated></${root}>` };
  };
  return { asked, answer };
}

test('empties a kept bucket again if objects arrive while it is deleted', async (t) => {
  const { asked, answer } = refilled(2);
  const { work } = await workAgainst(t, answer);
  const context = testContext({ home: await ownFolder(t) });
  const { events } = context;
  await deleteKept(context, { ...work, context }, [LOGS], new GoneRecords());
  assert.equal(asked.deleted, 3);
  assert.ok(asked.emptied >= 3, `${asked.emptied} lists`);
  const open = events.filter(({ type }) => type === 'task-started').length;
  assert.equal(events.filter(({ type }) => type === 'task-done').length, open, 'no task is left open');
});

test('gives up after a few tries if a kept bucket keeps filling', async (t) => {
  const { asked, answer } = refilled(Number.POSITIVE_INFINITY);
  const { work } = await workAgainst(t, answer);
  const context = testContext({ home: await ownFolder(t) });
  await assert.rejects(deleteKept(context, work, [LOGS], new GoneRecords()), withCode('aws'));
  assert.equal(asked.deleted, 5);
});
