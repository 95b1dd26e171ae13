import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isUserError } from '../../../cli/errors.ts';
import { bucketOf } from '../../../cli/stack/find-stack.ts';
import { workAgainst } from './world.ts';

const inStatus = (status: string) => ({
  body: `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member><StackName>edge-upload</StackName><StackId>arn:aws:cloudformation:us-east-1:123456789012:stack/edge-upload/1</StackId><CreationTime>2026-11-23T00:00:00Z</CreationTime><StackStatus>${status}</StackStatus></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
});

test('names the state of a stack without a bucket, and the command that completes its operation', async (t) => {
  for (const [status, next] of [
    ['REVIEW_IN_PROGRESS', 'deploy'],
    ['CREATE_IN_PROGRESS', 'deploy'],
    ['CREATE_FAILED', 'deploy'],
    ['ROLLBACK_COMPLETE', 'deploy'],
    ['ROLLBACK_FAILED', 'deploy'],
    ['DELETE_IN_PROGRESS', 'destroy'],
    ['DELETE_FAILED', 'destroy'],
  ] as const) {
    const { work } = await workAgainst(t, () => inStatus(status));
    await assert.rejects(bucketOf(work), (error) => {
      assert.ok(isUserError(error));
      assert.equal(error.message, `The stack “edge-upload” has no bucket: it is ${status}.`);
      assert.match(error.hint ?? '', new RegExp(`edge-upload ${next}$`));
      return true;
    });
  }
});

test('names the console alone for a failed rollback of an import, which no command continues', async (t) => {
  const { work } = await workAgainst(t, () => inStatus('IMPORT_ROLLBACK_FAILED'));
  await assert.rejects(bucketOf(work), (error) => {
    assert.ok(isUserError(error));
    assert.match(error.hint ?? '', /CloudFormation console/);
    assert.doesNotMatch(error.hint ?? '', /edge-upload/);
    return true;
  });
});

test('says that a complete stack without a bucket may belong to another tool', async (t) => {
  const { work } = await workAgainst(t, () => inStatus('UPDATE_COMPLETE'));
  await assert.rejects(bucketOf(work), (error) => {
    assert.ok(isUserError(error));
    assert.equal(error.message, 'The stack “edge-upload” has no bucket.');
    assert.match(error.hint ?? '', /another tool.*--stack-name/);
    return true;
  });
});
