import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { FoundStack, StackWork } from '../../../../cli/stack/find-stack.ts';
import { removeStack } from '../../../../cli/stack/operate/destroy.ts';
import { withCode } from '../../transfer/helpers/uploading.ts';
import { type Answer, workAgainst } from '../world.ts';

const ID = 'arn:aws:cloudformation:us-east-1:123456789012:stack/edge-upload/1';

interface Member {
  readonly [name: string]: string;
}

const answerOf = (call: string, list: string, members: readonly Member[]): Answer => {
  const xml = members.map(
    (member) =>
      `<member>${Object.entries(member)
        .map(([name, value]) => `<${name}>${value}</${name}>`)
        .join('')}</member>`,
  );
  return {
    body: `<${call}Response><${call}Result><${list}>${xml.join('')}</${list}></${call}Result></${call}Response>`,
  };
};

/** A stack whose first deletions fail, because its bucket is not empty, or for another reason. */
async function stackHeld(
  t: TestContext,
  failures: number,
  { reason = 'The bucket is not empty', first = '' } = {},
) {
  const calls: string[] = [];
  let token = '';
  let deletions = 0;
  const states = first === '' ? [] : [first];
  const { work, events } = await workAgainst(t, (body, path) => {
    const request = new URLSearchParams(body);
    const call = request.get('Action') ?? '';
    if (call === '') {
      if (path.includes('versions')) calls.push('empty');
      return { body: '<Result><IsTruncated>false</IsTruncated></Result>' };
    }
    const isHeld = deletions <= failures;
    if (call === 'DeleteStack') {
      calls.push(call);
      deletions += 1;
      token = request.get('ClientRequestToken') ?? '';
      return { body: '<DeleteStackResponse/>' };
    }
    const status =
      deletions === 0 ? (states.shift() ?? 'UPDATE_COMPLETE') : isHeld ? 'DELETE_FAILED' : 'DELETE_COMPLETE';
    if (call === 'DescribeStacks')
      return answerOf(call, 'Stacks', [{ StackName: 'a', StackId: ID, StackStatus: status }]);
    const event = { EventId: `${deletions} stack`, ClientRequestToken: token, StackId: ID };
    const ofStack = { ...event, PhysicalResourceId: ID, ResourceStatus: status };
    const ofBucket = {
      ...event,
      EventId: `${deletions} bucket`,
      ResourceType: 'AWS::S3::Bucket',
      ResourceStatus: status,
      ResourceStatusReason: reason,
    };
    return answerOf(call, 'StackEvents', deletions === 0 ? [] : isHeld ? [ofStack, ofBucket] : [ofStack]);
  });
  // The embedded cloud is polled more often.
  const local = { ...work, local: {} } as unknown as StackWork;
  const stack = { id: ID, status: first || 'CREATE_COMPLETE' } as FoundStack;
  return { removed: removeStack(local, { stack, buckets: ['b'] }), calls, events };
}

test('empties the bucket again while uploads refill it, a few times', async (t) => {
  const { removed, calls, events } = await stackHeld(t, 2);
  await removed;
  assert.deepEqual(calls, ['empty', 'DeleteStack', 'empty', 'DeleteStack', 'empty', 'DeleteStack']);
  assert.match(JSON.stringify(events), /Something was uploaded meanwhile; emptying the bucket again/);

  const filling = await stackHeld(t, Number.POSITIVE_INFINITY);
  await assert.rejects(
    filling.removed,
    withCode(
      'stack_failed',
      /bucket b fills faster than .* The stack is now DELETE_FAILED\./,
      /Disable the users/,
    ),
  );
  assert.equal(filling.calls.filter((call) => call === 'DeleteStack').length, 5);
});

test('does not repeat a deletion that failed for another reason', async (t) => {
  const { removed, calls } = await stackHeld(t, 1, { reason: 'Access Denied' });
  await assert.rejects(
    removed,
    withCode(
      'stack_failed',
      /Deleting the stack “edge-upload” failed: .*Access Denied/,
      /continue with what is left/,
    ),
  );
  assert.deepEqual(calls, ['empty', 'DeleteStack']);
});

test('waits for an operation under way before it deletes anything', async (t) => {
  const { removed, calls, events } = await stackHeld(t, 0, { first: 'UPDATE_IN_PROGRESS' });
  await removed;
  assert.deepEqual(calls, ['empty', 'DeleteStack']);
  assert.match(
    JSON.stringify(events[0]),
    /The stack is busy \(UPDATE_IN_PROGRESS\); waiting until it is done/,
  );
});
