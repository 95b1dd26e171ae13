import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { runCheck, type StackSnapshot } from '../../../../cli/stack/checks/check.ts';
import { logExpiryCheck } from '../../../../cli/stack/checks/log-expiry.ts';
import type { FoundStack } from '../../../../cli/stack/find-stack.ts';
import { keepLogsBounded, LOG_REGIONS } from '../../../../cli/stack/logs/log-groups.ts';
import { listen } from '../../../support/serve.ts';
import { workAt } from '../world.ts';

const GROUP = '/aws/lambda/us-east-1.studio-EdgeFunction';

/** The response of CloudWatch Logs in a region. */
type InRegion = { readonly groups: readonly object[] } | 'denied' | 'broken';

/** @param later Responses from the second request to a region on. */
async function regionsOf(
  t: TestContext,
  regions: Readonly<Record<string, InRegion>>,
  later: Readonly<Record<string, InRegion>> = regions,
) {
  const put: string[] = [];
  const asked = new Set<string>();
  const endpoint = await listen(t, (request, response) => {
    const [, region = ''] =
      /Credential=[^/]+\/\d+\/([\w-]+)\/logs\//.exec(request.headers.authorization ?? '') ?? [];
    const answer = (asked.has(region) ? later : regions)[region] ?? { groups: [] };
    asked.add(region);
    const errors = { denied: 'AccessDeniedException', broken: 'InvalidParameterException' };
    const isError = typeof answer === 'string';
    if (/PutRetentionPolicy/.test(`${request.headers['x-amz-target']}`)) put.push(region);
    response.writeHead(isError ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(
      JSON.stringify(isError ? { __type: errors[answer], message: 'no' } : { logGroups: answer.groups }),
    );
  });
  return { ...(await workAt(t, endpoint)), put };
}

async function checked(t: TestContext, regions: Readonly<Record<string, InRegion>>, edgeFunction?: string) {
  const { work, events } = await regionsOf(t, regions);
  const snapshot = { stack: async () => ({ outputs: { edgeFunction } }) as FoundStack } as StackSnapshot;
  return { checked: await runCheck(logExpiryCheck(work, snapshot)), events };
}

test('names the expiry of each region, and warns of those without one', async (t) => {
  const { checked: one, events } = await checked(
    t,
    {
      'us-east-1': { groups: [{ logGroupName: `${GROUP}s` }, { logGroupName: GROUP, retentionInDays: 90 }] },
      'eu-west-1': { groups: [{ logGroupName: GROUP }] },
      'eu-central-1': { groups: [{ logGroupName: GROUP }] },
      'sa-east-1': { groups: [{ logGroupName: GROUP, retentionInDays: 1 }] },
      // Another function, whose name begins with this one's.
      'us-west-2': { groups: [{ logGroupName: `${GROUP}s` }] },
      'ap-south-1': 'denied',
      'eu-north-1': 'broken',
    },
    'studio-EdgeFunction',
  );
  assert.ok(one.state === 'ok');
  for (const said of [
    'expire after 90 days in us-east-1',
    'no expiry in ',
    'expire after 1 day in sa-east-1',
    'not allowed in ap-south-1',
    'not read in eu-north-1: Looking up the expiry of the logs failed: no (InvalidParameterException)',
  ])
    assert.ok(one.detail.includes(said), one.detail);
  assert.doesNotMatch(one.detail, /us-west-2/);
  const warnings = events.filter(({ type }) => type === 'warning');
  assert.equal(warnings.length, 1);
  assert.match(JSON.stringify(warnings), /never expire in .*eu-(west|central)-1.*edge-upload deploy/);
});

test('is skipped before the edge has logged, and where nothing is allowed', async (t) => {
  for (const [regions, edgeFunction, why] of [
    [{}, undefined, 'the stack has no edge function'],
    [{}, 'studio-EdgeFunction', 'the edge has not logged yet'],
    [
      { 'us-east-1': 'broken' },
      'studio-EdgeFunction',
      'not read in us-east-1: Looking up the expiry of the logs failed: no (InvalidParameterException)',
    ],
    [{ 'us-east-1': 'denied' }, 'studio-EdgeFunction', 'not allowed in us-east-1 (logs:DescribeLogGroups)'],
  ] as const) {
    const { checked: one } = await checked(t, regions, edgeFunction);
    assert.ok(one.state === 'skipped');
    assert.equal(one.detail, why);
  }
});

test('deploy sets the expiry in other regions if one fails, and warns once', async (t) => {
  const { work, events, put } = await regionsOf(t, {
    'us-east-1': { groups: [{ logGroupName: GROUP }] },
    'eu-west-1': 'broken',
    'ap-south-1': 'denied',
  });
  await keepLogsBounded(work, { edgeFunction: 'studio-EdgeFunction' });
  assert.deepEqual(put, ['us-east-1']);
  const warnings = events.filter(({ type }) => type === 'warning');
  assert.equal(warnings.length, 1);
  const said = JSON.stringify(warnings);
  assert.match(said, /was set in eu-west-1\. .*InvalidParameterException/);
  assert.match(said, /in ap-south-1: logs:DescribeLogGroups is not allowed\..*edge-upload policy/);
});

test('the first deploy waits for the log group of a new edge', async (t) => {
  const edge = { edgeFunction: 'studio-EdgeFunction' };
  const { work, events, put } = await regionsOf(
    t,
    {},
    { 'eu-west-1': { groups: [{ logGroupName: GROUP }] } },
  );
  await keepLogsBounded(work, edge, { isNew: true });
  assert.deepEqual(put, ['eu-west-1']);
  assert.deepEqual(events, [
    { type: 'task-started', task: "Waiting for the edge's log group" },
    { type: 'task-done', task: "Waiting for the edge's log group", detail: 'done' },
  ]);

  await t.test('but not if reading log groups is not allowed', async (t) => {
    const denied = Object.fromEntries(LOG_REGIONS.map((region) => [region, 'denied'] as const));
    const { work, events } = await regionsOf(t, denied, {});
    await keepLogsBounded(work, edge, { isNew: true });
    assert.match(JSON.stringify(events), /in any region: logs:DescribeLogGroups is not allowed/);
  });
});
