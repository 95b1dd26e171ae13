import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCheck } from '../../../../cli/stack/checks/check.ts';
import { stackHealth } from '../../../../cli/stack/checks/health.ts';
import { LONGEST_NAME, preflight } from '../../../../cli/stack/checks/preflight.ts';
import { ALL_OPTIONS, EDGE, wholeTemplate } from '../../../infra/support.ts';
import { withCode } from '../../transfer/helpers/uploading.ts';
import { type Answer, workAgainst } from '../world.ts';

interface Told {
  readonly status: string;
  readonly description?: string;
  readonly drift?: string;
}

/** CloudFormation and STS, only with the calls that describe a stack. */
function account({ status, description = 'edge-upload: a test', drift = 'NOT_CHECKED' }: Told) {
  return (body: string): Answer =>
    body.includes('GetCallerIdentity')
      ? {
          body: '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Account>123456789012</Account><Arn>arn:aws:iam::123456789012:root</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>',
        }
      : {
          body: `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member><StackName>edge-upload</StackName><StackId>arn:aws:cloudformation:us-east-1:123456789012:stack/edge-upload/1</StackId><CreationTime>2026-11-23T00:00:00Z</CreationTime><Description>${description}</Description><StackStatus>${status}</StackStatus><DriftInformation><StackDriftStatus>${drift}</StackDriftStatus></DriftInformation></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
        };
}

test('warns of a stack that was changed by hand, and deploys it', async (t) => {
  const { work, events } = await workAgainst(t, account({ status: 'UPDATE_COMPLETE', drift: 'DRIFTED' }));
  assert.equal((await preflight(work))?.status, 'UPDATE_COMPLETE');
  const warning = events.find(({ type }) => type === 'warning');
  assert.ok(warning?.type === 'warning');
  assert.match(String(warning.text), /Resources of edge-upload were changed outside edge-upload \(drift\)/);
});

test('does not warn of an unchanged stack', async (t) => {
  const { work, events } = await workAgainst(t, account({ status: 'UPDATE_COMPLETE', drift: 'IN_SYNC' }));
  assert.equal((await preflight(work))?.status, 'UPDATE_COMPLETE');
  assert.deepEqual(
    events.filter(({ type }) => !type.startsWith('task-')),
    [],
  );
});

test('reports the health of a stack by its state, with the command that fixes it', async (t) => {
  for (const [status, state, hint] of [
    ['UPDATE_ROLLBACK_COMPLETE', 'ok', undefined],
    ['UPDATE_IN_PROGRESS', 'ok', undefined],
    ['UPDATE_ROLLBACK_FAILED', 'failed', /edge-upload deploy/],
    ['ROLLBACK_COMPLETE', 'failed', /edge-upload deploy/],
    ['DELETE_FAILED', 'failed', /edge-upload destroy/],
  ] as const) {
    await t.test(status, async (t) => {
      const { work } = await workAgainst(t, account({ status }));
      const [, stack] = stackHealth(work);
      assert.ok(stack);
      const checked = await runCheck(stack);
      assert.equal(checked.state, state);
      if (checked.state === 'failed') assert.match(checked.error.hint ?? '', hint ?? /^$/);
    });
  }
});

test('accepts the longest name that leaves every generated name whole', () => {
  const { Resources } = wholeTemplate(EDGE, ALL_OPTIONS);
  for (const [logicalId, { Type }] of Object.entries(Resources)) {
    const limit = new Map([
      ['AWS::S3::Bucket', 63],
      ['AWS::Lambda::Function', 64],
      ['AWS::IAM::Role', 64],
    ]).get(Type);
    if (limit === undefined) continue;
    assert.ok(LONGEST_NAME + 1 + logicalId.length + 1 + 13 <= limit, logicalId);
  }
});

const NO_STACK: Answer = {
  status: 400,
  body: '<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack with id x does not exist</Message></Error></ErrorResponse>',
};

test('refuses a longer name for a new stack only', async (t) => {
  const existing = account({ status: 'UPDATE_COMPLETE' });
  const missing = (body: string): Answer => (body.includes('GetCallerIdentity') ? existing(body) : NO_STACK);
  const long = 'x'.repeat(LONGEST_NAME + 1);
  const deployed = async (stackName: string, answer: (body: string) => Answer) => {
    const { work } = await workAgainst(t, answer);
    return preflight({ ...work, stackName });
  };
  await assert.rejects(deployed(long, missing), withCode('usage', /has 30 characters; .* at most 29/));
  assert.equal(await deployed('x'.repeat(LONGEST_NAME), missing), undefined);
  assert.equal((await deployed(long, existing))?.status, 'UPDATE_COMPLETE');
});
