import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCheck } from '../../../../cli/stack/checks/check.ts';
import {
  type PermissionsToCheck,
  permissionsCheck,
} from '../../../../cli/stack/checks/deploy-permissions.ts';
import { accountChecks } from '../../../../cli/stack/checks/preflight.ts';
import type { FoundStack, StackWork } from '../../../../cli/stack/find-stack.ts';
import { ALL_OPTIONS } from '../../../infra/support.ts';
import { type Answer, workAgainst } from '../world.ts';

/** Runs the check of this name. */
function runAccountCheck(work: StackWork, name: string) {
  const check = accountChecks(work, () => undefined).find((one) => one.name === name);
  assert.ok(check);
  return runCheck(check);
}

/** The result of a simulation: denied actions, and condition keys that IAM does not know. */
const results = (actions: readonly string[], denied: readonly string[], unknown = '') =>
  actions
    .map(
      (action) =>
        `<member><EvalActionName>${action}</EvalActionName><EvalDecision>${denied.includes(action) ? 'implicitDeny' : 'allowed'}</EvalDecision><ResourceSpecificResults><member><EvalResourceName>x</EvalResourceName><EvalResourceDecision>allowed</EvalResourceDecision><MissingContextValues>${unknown}</MissingContextValues></member></ResourceSpecificResults></member>`,
    )
    .join('');

const ROLE = 'arn:aws:iam::123456789012:role/team/Operator';

/** IAM, only with the calls that simulate permissions. */
function iam(denied: readonly string[], asked: URLSearchParams[] = [], unknown = '') {
  return (body: string): Answer => {
    const query = new URLSearchParams(body);
    asked.push(query);
    if (query.get('Action') === 'GetRole') {
      return {
        body: `<GetRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetRoleResult><Role><Path>/team/</Path><RoleName>Operator</RoleName><RoleId>A</RoleId><Arn>${ROLE}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate></Role></GetRoleResult></GetRoleResponse>`,
      };
    }
    const actions = [...query].filter(([name]) => name.startsWith('ActionNames')).map(([, value]) => value);
    // IAM chooses the number of results on a page. Here it is one.
    const at = Number(query.get('Marker') ?? 0);
    const more = at + 1 < actions.length;
    return {
      body: `<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><SimulatePrincipalPolicyResult><IsTruncated>${more}</IsTruncated>${more ? `<Marker>${at + 1}</Marker>` : ''}<EvaluationResults>${results(actions.slice(at, at + 1), denied, unknown)}</EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`,
    };
  };
}

const SESSION = { account: '123456789012', arn: 'arn:aws:sts::123456789012:assumed-role/Operator/ada' };

test('asks IAM about the role behind a session and the resources of this stack', async (t) => {
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

test('doctor warns of denied actions, with the command that prints the policy', async (t) => {
  const { work, events } = await workAgainst(t, iam(['iam:PassRole', 's3:CreateBucket', 's3:GetObject']));
  const checked = await runCheck(permissionsCheck(work, () => SESSION));
  assert.equal(checked.state, 'ok');
  const [warning] = events;
  assert.ok(warning?.type === 'warning');
  assert.match(String(warning.text), /s3:GetObject, s3:CreateBucket, iam:PassRole.*edge-upload policy/s);
});

const DEPLOYED: FoundStack = {
  id: 'arn:aws:cloudformation:us-east-1:123456789012:stack/edge-upload/1',
  status: 'UPDATE_COMPLETE',
  drifted: false,
  isProtected: false,
  outputs: {},
};

const FIRST: PermissionsToCheck = { stack: undefined, previous: {}, options: {}, dryRun: false };

test('refuses a deploy before any change if IAM denies a required action', async (t) => {
  const oidc = { idp: 'oidc:https://login.example.com', idpClientId: 'a', idpSecret: 'b' };
  const cases: readonly {
    readonly denied: string;
    readonly deploying?: Partial<PermissionsToCheck>;
    readonly unknown?: string;
    readonly refused: boolean;
    /** The arguments of `edge-upload policy`. */
    readonly policy?: string;
  }[] = [
    { denied: 'iam:PassRole', refused: true },
    { denied: 'cloudfront:CreateDistribution', refused: true },
    { denied: 'lambda:PublishVersion', refused: true },
    { denied: 's3:PutLifecycleConfiguration', refused: true },
    { denied: 'cloudformation:ExecuteChangeSet', deploying: { stack: DEPLOYED }, refused: true },
    // Remains of a failed creation are deleted first.
    {
      denied: 'iam:PassRole',
      deploying: { stack: { ...DEPLOYED, status: 'ROLLBACK_COMPLETE' } },
      refused: true,
    },
    // The plan of a later deploy shows whether it makes this call.
    { denied: 'iam:PassRole', deploying: { stack: DEPLOYED }, refused: false },
    // A condition on an unknown key decides.
    { denied: 'iam:PassRole', unknown: 'iam:PassedToService', refused: false },
    // A bucket with a chosen name may exist already.
    { denied: 's3:CreateBucket', deploying: { options: { bucketName: 'kept' } }, refused: false },
    { denied: 's3:PutBucketPolicy', deploying: { options: { bucketName: 'kept' } }, refused: true },
    { denied: 'cognito-idp:CreateUserPool', deploying: { options: { userPool: false } }, refused: false },
    // An operator who only deploys does not need it.
    { denied: 's3:GetObject', refused: false },
    // Nothing is changed.
    { denied: 'iam:PassRole', deploying: { dryRun: true }, refused: false },
    ...['sns:CreateTopic', 'sns:Subscribe', 'events:PutRule', 's3:PutBucketNotification'].map((denied) => ({
      denied,
      deploying: { options: { notify: ['ops@example.com'] } },
      refused: true,
      policy: ' --extras',
    })),
    ...['cognito-idp:CreateIdentityProvider', 'cognito-idp:CreateUserPoolDomain'].map((denied) => ({
      denied,
      deploying: { options: oidc },
      refused: true,
      policy: ' --extras',
    })),
    // A policy of the secret may allow it.
    { denied: 'secretsmanager:GetSecretValue', deploying: { options: oidc }, refused: false },
    {
      denied: 'guardduty:CreateMalwareProtectionPlan',
      deploying: { options: { scan: true } },
      refused: true,
      policy: ' --extras',
    },
    {
      denied: 'cloudfront:CreateResponseHeadersPolicy',
      deploying: { options: { corsOrigins: ['https://app.example.com'] } },
      refused: true,
    },
    { denied: 's3:PutBucketVersioning', deploying: { options: { versioning: true } }, refused: true },
    {
      denied: 'cognito-idp:SetUserPoolMfaConfig',
      deploying: { options: { mfa: 'required' } },
      refused: true,
    },
    {
      denied: 's3:PutEncryptionConfiguration',
      deploying: { options: { kmsKeyArn: ALL_OPTIONS.kmsKeyArn } },
      refused: true,
    },
  ];
  for (const { denied, deploying, unknown, refused, policy = '' } of cases) {
    await t.test(`${denied}, ${JSON.stringify(deploying ?? {})}`, async (t) => {
      const missing = unknown === undefined ? '' : `<member>${unknown}</member>`;
      const { work, events } = await workAgainst(t, iam([denied], [], missing));
      const checked = await runCheck(permissionsCheck(work, () => SESSION, { ...FIRST, ...deploying }));
      assert.equal(checked.state, refused ? 'failed' : 'ok');
      if (checked.state !== 'failed') return;
      assert.equal(checked.error.code, 'access_denied');
      assert.ok(checked.error.message.includes(`${denied}. Nothing was changed.`));
      assert.match(checked.error.hint ?? '', new RegExp(`^ {2}edge-upload policy${policy}$`, 'm'));
      assert.match(checked.error.hint ?? '', / {2}aws iam simulate-principal-policy .*role\/team\/Operator/);
      assert.deepEqual(events, []);
    });
  }
});

test('a dry run warns of what the deploy would be refused for', async (t) => {
  const { work, events } = await workAgainst(t, iam(['iam:PassRole', 'sns:CreateTopic']));
  const options = { notify: ['ops@example.com'] };
  const check = permissionsCheck(work, () => SESSION, { ...FIRST, options, dryRun: true });
  assert.equal((await runCheck(check)).state, 'ok');
  assert.match(
    JSON.stringify(events),
    /not allowed: .*iam:PassRole.* {2}edge-upload policy --stack.* {2}edge-upload policy --extras/,
  );
});

test('skips the root user, and warns if IAM does not respond', async (t) => {
  const { work, events } = await workAgainst(t, () => ({
    status: 403,
    body: '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>',
  }));
  const root = { account: '123456789012', arn: 'arn:aws:iam::123456789012:root' };
  assert.equal((await runCheck(permissionsCheck(work, () => root))).state, 'ok');
  assert.deepEqual(events, []);
  for (const deploying of [undefined, FIRST]) {
    const checked = await runCheck(permissionsCheck(work, () => SESSION, deploying));
    assert.ok(checked.state === 'skipped');
    assert.match(checked.detail, /^not allowed \(iam:GetRole\)$/);
  }
  assert.deepEqual(
    events.map(({ type }) => type),
    ['warning', 'warning'],
  );
});

test('treats actions missing from a simulation as denied', async (t) => {
  const empty =
    '<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>';
  for (const body of ['', '<html><body>Sign in</body></html>', empty]) {
    const { work } = await workAgainst(t, () => ({ body }));
    assert.equal((await runCheck(permissionsCheck(work, () => SESSION))).state, 'skipped', body);
  }
});

const lambda = (status: number, type: string, message: string): Answer => ({
  status,
  type: 'application/json',
  body: JSON.stringify({ __type: type, Type: 'User', Message: message, message }),
});

test('refuses an account restricted to one region', async (t) => {
  const { work } = await workAgainst(t, () =>
    lambda(
      403,
      'AccessDeniedException',
      'User is not authorized to perform: lambda:GetFunction with an explicit deny in a service control policy',
    ),
  );
  const checked = await runAccountCheck(work, 'regions');
  assert.ok(checked.state === 'failed');
  assert.equal(checked.error.code, 'access_denied');
  assert.match(checked.error.hint ?? '', /Lambda@Edge needs them/);
});

test('accepts an account with other regions', async (t) => {
  const { work } = await workAgainst(t, () => lambda(404, 'ResourceNotFoundException', 'Function not found'));
  assert.equal((await runAccountCheck(work, 'regions')).state, 'ok');
});

test('warns of a new account’s small quota, with what to request', async (t) => {
  for (const [limit, warned] of [
    [10, true],
    [1000, false],
  ] as const) {
    const { work, events } = await workAgainst(t, () => ({
      type: 'application/json',
      body: JSON.stringify({ AccountLimit: { ConcurrentExecutions: limit } }),
    }));
    const checked = await runAccountCheck(work, 'concurrency');
    assert.equal(checked.state, 'ok');
    assert.deepEqual(
      events.map(({ type }) => type),
      warned ? ['warning', 'note'] : [],
    );
    if (warned) assert.match(JSON.stringify(events), /about 100 requests a second.*--quota-code L-B99A9384/);
  }
});
