import { deepEqual, rejects } from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { edgeServes } from '../../../../cli/stack/checks/edge-probe.ts';
import { describeEdge } from '../../../../edge/description.ts';
import { configOf as edgeConfigOf } from '../../../../edge/issuers.ts';
import { configOf, policyOf } from '../../../../infra/edge-code.ts';
import type { StackOptions, TrustedIssuer } from '../../../../infra/options.ts';
import { withCode } from '../../transfer/helpers/uploading.ts';
import { clock, workAgainst } from '../world.ts';

const POOL = { userPoolId: 'us-east-1_AbCdEf123', clientId: 'client', jwks: { keys: [] } };

const CORP: TrustedIssuer = {
  alias: 'corp',
  kind: 'people',
  iss: ['https://login.example.com'],
  jwksUri: 'https://login.example.com/keys',
  token: 'access',
  clientId: 'cli',
  name: ['sub'],
  rules: [{}],
};

const POLICY: StackOptions = {
  maxSize: 5,
  writeTo: '{username}/',
  allowGroups: ['writers'],
  corsOrigins: ['https://a.example.com'],
};

/** Returns what an edge that is deployed with these options describes. */
function description(options: StackOptions): string {
  const { userPool = true } = options;
  const keys = { ...(userPool && { pool: POOL }), keySets: {} };
  return JSON.stringify(describeEdge(edgeConfigOf(configOf(options, keys))));
}

/** Waits until an edge serves these options. Ctrl-C ends the wait at the first defect. */
async function probe(t: TestContext, body: string, options: StackOptions, putStatus = 401) {
  const defects: string[] = [];
  const { work, interruption } = await workAgainst(t, (_body, _path, method) =>
    method === 'PUT' ? { status: putStatus, body: '' } : { type: 'application/json', body },
  );
  const { context } = work;
  const ui: typeof context.ui = {
    ...context.ui,
    event(event) {
      if (event.type !== 'task-progress') return;
      defects.push(event.detail);
      interruption.abort();
    },
  };
  const { userPool = true, trust = [] } = options;
  const serving = edgeServes(
    { ...context, ui },
    {
      url: String(context.env.AWS_ENDPOINT_URL),
      ...(userPool && { clientId: POOL.clientId }),
      policy: policyOf(options),
      trust,
    },
  );
  return { defects, serving };
}

test('gives up on an edge that never serves, and names the defect', async (t) => {
  const { work, events } = await workAgainst(t, () => ({ status: 503, body: '' }));
  const context = { ...work.context, now: clock(30) };
  const edge = { url: String(context.env.AWS_ENDPOINT_URL) };
  await rejects(
    edgeServes(context, edge),
    withCode('stack_failed', /does not serve after 30m .*\(status 503\)/, /edge-upload doctor/),
  );
  deepEqual(
    events.map(({ type }) => type),
    ['task-started', 'task-failed'],
  );
});

test('names an edge that is unreachable, and ends its request at Ctrl-C', async (t) => {
  const { work } = await workAgainst(t, () => ({ body: '' }));
  const { context } = work;
  const late = { ...context, now: clock(30) };
  await rejects(
    edgeServes(late, { url: 'https://127.0.0.1:1' }),
    withCode('stack_failed', /127\.0\.0\.1:1 is unreachable: nothing listens there\./),
  );
  const asked = await workAgainst(t, () => {
    asked.interruption.abort();
    return { body: '' };
  });
  await rejects(
    edgeServes(asked.work.context, { url: String(asked.work.context.env.AWS_ENDPOINT_URL) }),
    withCode('interrupted', /Interrupted/, /The stack is deployed/),
  );
});

test('an edge that describes what was deployed serves', async (t) => {
  const cases: readonly StackOptions[] = [
    {},
    POLICY,
    { trust: [CORP] },
    { userPool: false, trust: [CORP], maxSize: 5 },
    { idp: 'saml:https://login.example.com/metadata.xml' },
    { idp: 'saml:https://login.example.com/metadata.xml', page: true, trust: [CORP], ...POLICY },
  ];
  for (const options of cases) {
    const { defects, serving } = await probe(t, description(options), options);
    await serving;
    deepEqual(defects, [], JSON.stringify(options));
  }
});

test('waits while an edge serves an earlier deployment, or does not protect the bucket', async (t) => {
  const other = { ...CORP, clientId: 'another' };
  const cases: readonly (readonly [string, StackOptions, string, number?])[] = [
    [
      description({ userPool: false, trust: [CORP] }),
      { trust: [CORP] },
      'it still serves an earlier deployment',
    ],
    [description({}), POLICY, 'it still has its earlier rules'],
    [description(POLICY), { ...POLICY, allowGroups: ['others'] }, 'it still has its earlier rules'],
    [description({}), { trust: [CORP] }, 'it still has its earlier issuers'],
    [description({ trust: [CORP] }), {}, 'it still has its earlier issuers'],
    [description({ trust: [CORP] }), { trust: [other] }, 'it still has its earlier issuers'],
    ['<html>', {}, 'its description could not be read (status 200)'],
    ['{"clientId":"client"}', {}, 'its description could not be read (status 200)'],
    [description({}), {}, 'an upload without a token got status 200, not 401', 200],
  ];
  for (const [body, options, defect, putStatus] of cases) {
    const { defects, serving } = await probe(t, body, options, putStatus);
    await rejects(serving, withCode('interrupted', /Interrupted/));
    deepEqual(defects, [defect]);
  }
});
