import assert from 'node:assert/strict';
import { test } from 'node:test';
import { permissionsCheck, regionsCheck } from '../../../../cli/stack/checks/account.ts';
import { runCheck } from '../../../../cli/stack/checks/check.ts';
import { concurrencyCheck } from '../../../../cli/stack/checks/concurrency.ts';
import { type Answer, workAgainst } from '../world.ts';

const allowed = (actions: readonly string[], denied: readonly string[]) =>
  actions
    .map(
      (action) =>
        `<member><EvalActionName>${action}</EvalActionName><EvalDecision>${denied.includes(action) ? 'implicitDeny' : 'allowed'}</EvalDecision></member>`,
    )
    .join('');

const ROLE = 'arn:aws:iam::123456789012:role/team/Operator';

/** IAM as far as asking who may do what goes. */
function iam(denied: readonly string[], asked: URLSearchParams[]) {
  return (body: string): Answer => {
    const query = new URLSearchParams(body);
    asked.push(query);
    if (query.get('Action') === 'GetRole') {
      return {
        body: `<GetRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetRoleResult><Role><Path>/team/</Path><RoleName>Operator</RoleName><RoleId>A</RoleId><Arn>${ROLE}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate></Role></GetRoleResult></GetRoleResponse>`,
      };
    }
    const actions = [...query].filter(([name]) => name.startsWith('ActionNames')).map(([, value]) => value);
    return {
      body: `<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><SimulatePrincipalPolicyResult><EvaluationResults>${allowed(actions, denied)}</EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`,
    };
  };
}

const SESSION = { account: '123456789012', arn: 'arn:aws:sts::123456789012:assumed-role/Operator/ada' };

test('IAM is asked about the role behind a session, and about this stack’s resources', async (t) => {
  const asked: URLSearchParams[] = [];
  const { work, events } = await workAgainst(t, iam([], asked));
  assert.deepEqual(await runCheck(permissionsCheck(work, () => SESSION)), {
    name: 'permissions',
    state: 'ok',
    detail: 'all that an operator needs',
  });
  const simulated = asked.filter((query) => query.get('Action') === 'SimulatePrincipalPolicy');
  assert.ok(simulated.every((query) => query.get('PolicySourceArn') === ROLE));
  const resources = simulated.map((query) => query.get('ResourceArns.member.1'));
  assert.ok(resources.includes('arn:aws:cloudformation:us-east-1:123456789012:stack/edge-upload/x'));
  assert.deepEqual(events, []);
});

test('what IAM does not allow is named before anything is changed', async (t) => {
  const { work, events } = await workAgainst(t, iam(['iam:PassRole', 's3:CreateBucket'], []));
  const checked = await runCheck(permissionsCheck(work, () => SESSION));
  assert.equal(checked.state, 'ok', 'a simulation knows too little to stop for');
  const [warning] = events;
  assert.ok(warning?.type === 'warning');
  assert.match(String(warning.text), /s3:CreateBucket, iam:PassRole/);
});

test('the root user needs no asking; an IAM that does not tell is no failure', async (t) => {
  const { work } = await workAgainst(t, () => ({
    status: 403,
    body: '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>',
  }));
  const root = { account: '123456789012', arn: 'arn:aws:iam::123456789012:root' };
  assert.equal((await runCheck(permissionsCheck(work, () => root))).state, 'ok');
  const checked = await runCheck(permissionsCheck(work, () => SESSION));
  assert.ok(checked.state === 'skipped');
  assert.match(checked.detail, /AccessDenied/);
});

const lambda = (status: number, type: string, message: string): Answer => ({
  status,
  type: 'application/json',
  body: JSON.stringify({ __type: type, Type: 'User', Message: message, message }),
});

test('an account that may use one region only cannot have Lambda@Edge', async (t) => {
  const { work } = await workAgainst(t, () =>
    lambda(
      403,
      'AccessDeniedException',
      'User is not authorized to perform: lambda:GetFunction with an explicit deny in a service control policy',
    ),
  );
  const checked = await runCheck(regionsCheck(work));
  assert.ok(checked.state === 'failed');
  assert.equal(checked.error.code, 'access_denied');
  assert.match(checked.error.hint ?? '', /Lambda@Edge needs them/);
});

test('an account that may use others can', async (t) => {
  const { work } = await workAgainst(t, () => lambda(404, 'ResourceNotFoundException', 'Function not found'));
  assert.equal((await runCheck(regionsCheck(work))).state, 'ok');
});

test('a new account’s small quota is a warning, with what to request', async (t) => {
  for (const [limit, warned] of [
    [10, true],
    [1000, false],
  ] as const) {
    const { work, events } = await workAgainst(t, () => ({
      type: 'application/json',
      body: JSON.stringify({ AccountLimit: { ConcurrentExecutions: limit } }),
    }));
    const checked = await runCheck(concurrencyCheck(work));
    assert.equal(checked.state, 'ok');
    assert.deepEqual(
      events.map(({ type }) => type),
      warned ? ['warning', 'note'] : [],
    );
    if (warned) assert.match(JSON.stringify(events), /about 100 requests a second.*--quota-code L-B99A9384/);
  }
});
