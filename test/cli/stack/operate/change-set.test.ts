import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import type { StackWork } from '../../../../cli/stack/find-stack.ts';
import { planChange } from '../../../../cli/stack/operate/change-set.ts';
import { listen } from '../../../support/serve.ts';
import { withCode } from '../../transfer/helpers/uploading.ts';
import { type Answer, clock, workAgainst, workAt } from '../world.ts';

const ID = 'arn:aws:cloudformation:us-east-1:123456789012:changeSet/edge-upload-1/1';
const STACK_ID = 'arn:aws:cloudformation:us-east-1:123456789012:stack/edge-upload/1';

const answerOf = (call: string, members: Readonly<Record<string, string>> = {}): Answer => {
  const xml = Object.entries(members).map(([name, value]) => `<${name}>${value}</${name}>`);
  return { body: `<${call}Response><${call}Result>${xml.join('')}</${call}Result></${call}Response>` };
};
const notFound: Answer = {
  status: 404,
  body: '<ErrorResponse><Error><Code>ChangeSetNotFound</Code><Message>ChangeSet [a] does not exist</Message></Error></ErrorResponse>',
};

const DENIED: Answer = {
  status: 403,
  body: '<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>',
};

/** Presses Ctrl-C while the change set is created. Returns the calls. Each describe call gets the next response. */
async function interruptedPlan(t: TestContext, to: 'NEW' | 'EXISTING', descriptions: readonly Answer[]) {
  const calls: string[] = [];
  const left = [...descriptions];
  const { work, interruption, events } = await workAgainst(t, (body) => {
    const call = new URLSearchParams(body).get('Action') ?? '';
    calls.push(call);
    if (call === 'CreateChangeSet') interruption.abort();
    if (call === 'DescribeChangeSet') return left.shift() ?? notFound;
    const stack = `<member><StackName>a</StackName><StackStatus>REVIEW_IN_PROGRESS</StackStatus></member>`;
    return answerOf(call, call === 'DescribeStacks' ? { Stacks: stack } : { Id: ID, StackId: STACK_ID });
  });
  // The embedded cloud is polled more often.
  const local = { ...work, local: {} } as unknown as StackWork;
  await assert.rejects(planChange(local, '{}', to), withCode('interrupted', /Interrupted/));
  return { calls, events };
}

const described = (Status: string) =>
  answerOf('DescribeChangeSet', { Status, ChangeSetId: ID, StackId: STACK_ID });

test('deletes a plan at Ctrl-C once CloudFormation has created it', async (t) => {
  const descriptions = ['CREATE_PENDING', 'CREATE_IN_PROGRESS', 'CREATE_COMPLETE'].map(described);
  const { calls, events } = await interruptedPlan(t, 'EXISTING', descriptions);
  assert.deepEqual(calls, [
    'CreateChangeSet',
    ...descriptions.map(() => 'DescribeChangeSet'),
    'DeleteChangeSet',
  ]);
  assert.deepEqual(events, []);
});

test('deletes the stack that the plan created', async (t) => {
  const { calls } = await interruptedPlan(t, 'NEW', [described('CREATE_COMPLETE')]);
  assert.deepEqual(calls.slice(1), ['DescribeChangeSet', 'DeleteChangeSet', 'DescribeStacks', 'DeleteStack']);
});

test('ignores a missing plan, and warns of one that cannot be deleted', async (t) => {
  const none = await interruptedPlan(t, 'EXISTING', [notFound]);
  assert.deepEqual([none.calls.slice(1), none.events], [['DescribeChangeSet'], []]);
  const { events } = await interruptedPlan(t, 'EXISTING', [DENIED]);
  assert.match(JSON.stringify(events), /"warning".*The change set was not deleted\./);
});

test('deletes the plan of a request whose response is lost', async (t) => {
  const calls: string[] = [];
  const endpoint = await listen(t, async (request, response) => {
    const call = new URLSearchParams(await text(request)).get('Action') ?? '';
    calls.push(call);
    if (call === 'CreateChangeSet') return void request.socket.destroy();
    const { body } = call === 'DescribeChangeSet' ? described('CREATE_COMPLETE') : answerOf(call);
    response.end(body);
  });
  const { work, events } = await workAt(t, endpoint);
  await assert.rejects(planChange(work, '{}', 'EXISTING'), withCode('unreachable', /AWS is unreachable/));
  const others = calls.filter((call) => call !== 'CreateChangeSet');
  assert.deepEqual(others, ['DescribeChangeSet', 'DeleteChangeSet']);
  assert.deepEqual(
    events.filter(({ type }) => type === 'warning'),
    [],
  );
});

/** Plans a change with these responses of DescribeChangeSet and DeleteChangeSet. Each look at the clock takes ten minutes. */
async function planAgainst(t: TestContext, description: Answer, deletion: Answer) {
  const calls: string[] = [];
  const { work, events } = await workAgainst(t, (body) => {
    const call = new URLSearchParams(body).get('Action') ?? '';
    calls.push(call);
    if (call === 'DescribeChangeSet') return description;
    return call === 'DeleteChangeSet' ? deletion : answerOf(call, { Id: ID, StackId: STACK_ID });
  });
  const slow = { ...work, context: { ...work.context, now: clock(10) } };
  const planned = planChange(slow, '{}', 'EXISTING');
  return { planned, calls, events };
}

const LEFT = new RegExp(
  `"warning".*The change set was not deleted\\..*"  aws cloudformation delete-change-set --change-set-name ${ID} --region us-east-1"`,
);

test('a plan that changes nothing succeeds without permission to delete it', async (t) => {
  const unchanged = answerOf('DescribeChangeSet', {
    Status: 'FAILED',
    StatusReason: 'No updates are to be performed.',
    ChangeSetId: ID,
    StackId: STACK_ID,
  });
  const { planned, events } = await planAgainst(t, unchanged, DENIED);
  assert.equal(await planned, undefined);
  assert.match(JSON.stringify(events), LEFT);
});

test('deletes a plan that cannot be read, and reports why it cannot be read', async (t) => {
  const { planned, calls, events } = await planAgainst(t, DENIED, DENIED);
  await assert.rejects(planned, withCode('access_denied', /Reading the change set failed/));
  assert.deepEqual(calls, ['CreateChangeSet', 'DescribeChangeSet', 'DeleteChangeSet']);
  assert.match(JSON.stringify(events), LEFT);
});

test('reads all changes of a plan, and reports one that disappears meanwhile', async (t) => {
  const change = (id: number) =>
    `<member><ResourceChange><Action>Add</Action><LogicalResourceId>R${id}</LogicalResourceId><ResourceType>AWS::SNS::Topic</ResourceType></ResourceChange></member>`;
  const page = (from: number, next?: string) => {
    const changes = Array.from({ length: 100 }, (_, at) => change(from + at)).join('');
    const more = { ...(next && { NextToken: next }) };
    return answerOf('DescribeChangeSet', { Status: 'CREATE_COMPLETE', Changes: changes, ...more });
  };
  for (const isGone of [false, true]) {
    const { work } = await workAgainst(t, (body) => {
      const request = new URLSearchParams(body);
      if (request.get('Action') !== 'DescribeChangeSet')
        return answerOf('CreateChangeSet', { Id: ID, StackId: STACK_ID });
      const token = request.get('NextToken');
      if (token === null) return page(0, 'second');
      if (isGone) return notFound;
      return token === 'second' ? page(100, 'third') : page(200);
    });
    const planned = planChange(work, '{}', 'EXISTING');
    if (isGone) await assert.rejects(planned, withCode('stack_failed', /Something else deployed or deleted/));
    else assert.deepEqual((await planned)?.steps.map(({ logicalId }) => logicalId).at(-1), 'R299');
  }
});

test('reports why CloudFormation cannot plan a change, or that it does not end, and deletes the plan', async (t) => {
  const failed = answerOf('DescribeChangeSet', { Status: 'FAILED', StatusReason: 'Limit exceeded' });
  const undeletable: Answer = {
    status: 400,
    body: '<ErrorResponse><Error><Code>InvalidChangeSetStatus</Code><Message>An operation on this ChangeSet is currently in progress.</Message></Error></ErrorResponse>',
  };
  for (const [description, deletion, code, message, warning] of [
    [failed, answerOf('DeleteChangeSet'), 'stack_failed', /cannot plan .*: Limit exceeded/, /^\[\]$/],
    [described('CREATE_IN_PROGRESS'), undeletable, 'gave_up', /did not plan the change within 15/, LEFT],
  ] as const) {
    const { planned, calls, events } = await planAgainst(t, description, deletion);
    await assert.rejects(planned, withCode(code, message, /Nothing was changed/));
    assert.equal(calls.at(-1), 'DeleteChangeSet');
    assert.match(JSON.stringify(events), warning);
  }
});

test('sends a small template with the request', async (t) => {
  const templates: (string | null)[] = [];
  const { work } = await workAgainst(t, (body) => {
    const request = new URLSearchParams(body);
    const call = request.get('Action') ?? '';
    if (call === 'CreateChangeSet') templates.push(request.get('TemplateBody'));
    return answerOf(call, { Id: ID, StackId: STACK_ID, Status: 'CREATE_COMPLETE' });
  });
  const plan = await planChange(work, '{}', 'EXISTING');
  assert.deepEqual(plan, { to: 'EXISTING', stackId: STACK_ID, changeSetId: ID, steps: [] });
  assert.deepEqual(templates, ['{}']);
});
