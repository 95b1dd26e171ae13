import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuseUnpermitted } from '../../../../cli/stack/checks/deletion-permissions.ts';
import { refuseProtected } from '../../../../cli/stack/checks/removal.ts';
import { deniedSteps, refuseByStackPolicy } from '../../../../cli/stack/checks/stack-policy.ts';
import type { PlannedStep } from '../../../../cli/stack/operate/plan.ts';
import { withCode } from '../../transfer/helpers/uploading.ts';
import { type Answer, workAgainst } from '../world.ts';

const STACK = {
  id: 'arn:aws:cloudformation:us-east-1:123456789012:stack/edge-upload/1',
  status: 'UPDATE_COMPLETE',
  drifted: false,
  isProtected: false,
  outputs: {},
};

interface Settings {
  readonly versioning?: string;
  readonly lock?: string;
  readonly policy?: object;
  readonly pool?: object;
}

const s3Error = (code: string): Answer => ({
  status: 404,
  body: `<Error><Code>${code}</Code><Message>none</Message></Error>`,
});

/** S3 and Cognito, only with the settings of one bucket and one pool. */
function settings({ versioning = '', lock, policy, pool }: Settings) {
  return (body: string, path: string): Answer => {
    if (path.includes('?versioning')) {
      return { body: `<VersioningConfiguration>${versioning}</VersioningConfiguration>` };
    }
    if (path.includes('?object-lock')) {
      return lock === undefined
        ? s3Error('ObjectLockConfigurationNotFoundError')
        : { body: `<ObjectLockConfiguration>${lock}</ObjectLockConfiguration>` };
    }
    if (path.includes('?policy')) {
      return policy === undefined
        ? s3Error('NoSuchBucketPolicy')
        : { type: 'application/json', body: JSON.stringify(policy) };
    }
    assert.match(body, /UserPoolId/);
    return {
      type: 'application/x-amz-json-1.1',
      body: JSON.stringify({ UserPool: { Id: 'us-east-1_a', ...pool } }),
    };
  };
}

const DOOMED = { buckets: ['b'], pools: ['us-east-1_a'] };

const deny = (Statement: object) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', ...Statement }],
});

test('refuses a bucket or pool that AWS would not delete, with the next step', async (t) => {
  const cases: [string, Settings, RegExp, RegExp][] = [
    [
      'MFA delete',
      { versioning: '<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>' },
      /MFA delete/,
      /put-bucket-versioning --bucket b/,
    ],
    [
      'Object Lock',
      { lock: '<ObjectLockEnabled>Enabled</ObjectLockEnabled>' },
      /Object Lock/,
      /\n +edge-upload destroy --keep-data$/,
    ],
    [
      'a policy that denies the account',
      {
        policy: deny({
          Principal: { AWS: ['arn:aws:iam::123456789012:root'] },
          NotAction: 's3:Get*',
          Resource: '*',
        }),
      },
      /denies s3:DeleteObjectVersion/,
      /delete-bucket-policy --bucket b/,
    ],
    [
      'deletion protection',
      { pool: { DeletionProtection: 'ACTIVE' } },
      /deletion protection/,
      /\n +https:\/\/us-east-1\.console/,
    ],
    [
      'a domain of the pool',
      { pool: { Domain: 'login-example' } },
      /domain login-example/,
      /\n +aws cognito-idp delete-user-pool-domain .*--domain login-example$/,
    ],
  ];
  for (const [name, given, why, way] of cases) {
    await t.test(name, async (t) => {
      const { work } = await workAgainst(t, settings(given));
      await assert.rejects(refuseProtected(work, STACK, DOOMED), withCode('stack_protected', why, way));
    });
  }
  await t.test('ignores versions, the stack’s own policy and an unprotected pool', async (t) => {
    const { work } = await workAgainst(
      t,
      settings({
        versioning: '<Status>Enabled</Status>',
        policy: deny({
          Principal: { AWS: '*' },
          Action: 's3:*',
          Resource: ['arn:aws:s3:::b', 'arn:aws:s3:::b/*'],
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
        // CloudFormation deletes the stack's own domain before the pool.
        pool: { DeletionProtection: 'INACTIVE', Domain: 'edge-upload-1' },
      }),
    );
    await refuseProtected(work, STACK, DOOMED);
  });
  await t.test('ignores a bucket that was deleted by hand', async (t) => {
    const { work } = await workAgainst(t, (_body, path) =>
      path.includes('?versioning') ? s3Error('NoSuchBucket') : assert.fail(path),
    );
    await refuseProtected(work, STACK, { buckets: ['b'], pools: [] });
  });
});

const RESOURCES = [
  { logicalId: 'Bucket', type: 'AWS::S3::Bucket', physicalId: 'b', status: 'CREATE_COMPLETE' },
  { logicalId: 'Role', type: 'AWS::IAM::Role', physicalId: 'r', status: 'CREATE_COMPLETE' },
];

function iam(denied: string, missing = '') {
  return (body: string): Answer => {
    const query = new URLSearchParams(body);
    if (query.get('Action') === 'GetCallerIdentity') {
      return {
        body: '<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/ada</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>',
      };
    }
    const members = [...query]
      .filter(([name]) => name.startsWith('ActionNames'))
      .map(
        ([, action]) =>
          `<member><EvalActionName>${action}</EvalActionName><EvalDecision>${action === denied ? 'explicitDeny' : 'allowed'}</EvalDecision><ResourceSpecificResults><member><EvalResourceName>x</EvalResourceName><EvalResourceDecision>explicitDeny</EvalResourceDecision><MissingContextValues>${missing}</MissingContextValues></member></ResourceSpecificResults></member>`,
      );
    return {
      body: `<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><EvaluationResults>${members.join('')}</EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`,
    };
  };
}

test('refuses a deletion that IAM denies for the resources', async (t) => {
  const { work } = await workAgainst(t, iam('iam:DeleteRole'));
  await assert.rejects(
    refuseUnpermitted(work, STACK, RESOURCES),
    withCode(
      'access_denied',
      /user\/ada is not allowed to delete the IAM role: iam:DeleteRole/,
      /--action-names iam:DeleteRole --resource-arns arn:aws:iam::123456789012:role\/r$/,
    ),
  );
});

test('refuses a deletion that IAM denies for a part of the user pool, before the bucket is emptied', async (t) => {
  const stack = { ...STACK, outputs: { userPoolId: 'us-east-1_a' } };
  const parts = [
    { type: 'UserPool', id: 'us-east-1_a', action: 'DeleteUserPool', name: 'user pool' },
    { type: 'UserPoolClient', id: 'c', action: 'DeleteUserPoolClient', name: 'user pool client' },
    { type: 'UserPoolDomain', id: 'edge-upload-1', action: 'DeleteUserPoolDomain', name: 'managed login' },
    {
      type: 'UserPoolIdentityProvider',
      id: 'idp',
      action: 'DeleteIdentityProvider',
      name: 'identity provider',
    },
  ];
  const resources = parts.map(({ type, id }) => ({
    logicalId: type,
    type: `AWS::Cognito::${type}`,
    physicalId: id,
    status: 'CREATE_COMPLETE',
  }));
  for (const { action, name } of parts) {
    const { work } = await workAgainst(t, iam(`cognito-idp:${action}`));
    await assert.rejects(
      refuseUnpermitted(work, stack, resources),
      withCode(
        'access_denied',
        new RegExp(`is not allowed to delete the ${name}: cognito-idp:${action}\\.`),
        new RegExp(`--action-names cognito-idp:${action} --resource-arns \\S+:userpool/us-east-1_a$`),
      ),
    );
  }
});

test('accepts a deletion that policies, or a condition in them, may allow', async (t) => {
  await refuseUnpermitted((await workAgainst(t, iam(''))).work, STACK, RESOURCES);
  const { work } = await workAgainst(t, iam('iam:DeleteRole', '<member>aws:ResourceTag/team</member>'));
  await refuseUnpermitted(work, STACK, RESOURCES);
});

const step = (what: PlannedStep['what'], logicalId: string, type: string): PlannedStep => ({
  what,
  logicalId,
  type,
  properties: [],
});

const STEPS = [
  step('add', 'New', 'AWS::Lambda::Version'),
  step('change', 'Bucket', 'AWS::S3::Bucket'),
  step('replace', 'UserPool', 'AWS::Cognito::UserPool'),
  step('remove', 'Old', 'AWS::Lambda::Version'),
];

test('evaluates explicit and implicit denials of a stack policy', () => {
  const denied = (...Statement: object[]) =>
    deniedSteps(JSON.stringify({ Statement }), STEPS).map(({ logicalId }) => logicalId);
  const all = { Effect: 'Allow', Principal: '*', Action: 'Update:*', Resource: '*' };
  assert.deepEqual(denied(all), []);
  assert.deepEqual(denied(), ['Bucket', 'UserPool', 'Old'], 'additions need no permission');
  assert.deepEqual(denied(all, { ...all, Effect: 'Deny', Action: ['Update:Replace', 'Update:Delete'] }), [
    'UserPool',
    'Old',
  ]);
  assert.deepEqual(denied(all, { ...all, Effect: 'Deny', Resource: 'LogicalResourceId/Bucket' }), ['Bucket']);
  assert.deepEqual(denied({ ...all, NotAction: 'Update:Delete', Action: undefined }), ['Old']);
  const typed = (operator: string, ResourceType: string | string[]) =>
    denied(all, { ...all, Effect: 'Deny', Condition: { [operator]: { ResourceType } } });
  assert.deepEqual(typed('StringEquals', ['AWS::S3::Bucket', 'AWS::IAM::Role']), ['Bucket']);
  assert.deepEqual(typed('StringLike', 'AWS::Cognito::*'), ['UserPool']);
  assert.deepEqual(typed('StringNotEquals', 'AWS::S3::Bucket'), ['UserPool', 'Old']);
});

test('refuses a change that the stack policy denies, and leaves a policy that cannot be read to CloudFormation', async (t) => {
  const policy = (body: string) =>
    `<GetStackPolicyResponse><GetStackPolicyResult><StackPolicyBody>${body}</StackPolicyBody></GetStackPolicyResult></GetStackPolicyResponse>`;
  const denied = await workAgainst(t, () => ({ body: policy('{"Statement":[]}') }));
  await assert.rejects(
    refuseByStackPolicy(denied.work, 'arn', STEPS),
    withCode(
      'stack_protected',
      /does not allow this change: change the bucket \(Bucket\), replace the user pool \(UserPool\), remove .*Nothing was/,
      /^ {2}aws cloudformation set-stack-policy .* --stack-name edge-upload --stack-policy-body '\{.*\}'$/m,
    ),
  );
  const refusal =
    '<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>';
  for (const answer of [{ body: policy('') }, { status: 403, body: refusal }])
    await refuseByStackPolicy((await workAgainst(t, () => answer)).work, 'arn', STEPS);
});
