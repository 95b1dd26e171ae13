import assert from 'node:assert/strict';
import { test } from 'node:test';
import { covers } from '../../../../cli/stack/checks/policy-statements.ts';
import { LONGEST_NAME } from '../../../../cli/stack/checks/preflight.ts';
import { POLICY_LIMIT_CHARACTERS, policyDocument } from '../../../../cli/stack/policy/operator-policy.ts';
import { OPERATOR_POLICY } from '../../../../cli/stack/policy/operator-statements.ts';
import { EDGE, wholeTemplate } from '../../../infra/support.ts';

const account = '123456789012';

test('fits into a managed policy with the longest names', () => {
  const longest = { account, stackName: 's'.repeat(LONGEST_NAME), bucketName: 'b'.repeat(63) };
  for (const extras of [false, true]) {
    const { length } = JSON.stringify(policyDocument({ ...longest, extras }));
    assert.ok(length <= POLICY_LIMIT_CHARACTERS, `${length} characters`);
  }
});

test('IAM accepts every statement', () => {
  const scope = { account, stackName: 'Media', bucketName: 'kept' };
  const { Version, Statement: most } = policyDocument(scope);
  const { Statement: extras } = policyDocument({ ...scope, extras: true });
  const Statement = [...most, ...extras];
  assert.equal(Version, '2012-10-17');
  assert.equal(new Set(Statement.map(({ Sid }) => Sid)).size, Statement.length);
  for (const { Sid, Effect, Action, Resource, Condition } of Statement) {
    assert.match(Sid, /^[A-Za-z0-9]+$/);
    assert.equal(Effect, 'Allow');
    assert.deepEqual(Action, [...new Set(Action)].sort(), `${Sid}: sorted, each once`);
    for (const action of Action) assert.match(action, /^[a-z0-9-]+:[A-Z][A-Za-z*]+$/);
    for (const resource of Resource) assert.match(resource, /^(\*|arn:aws:[a-z0-9-]+:[\w*-]*:(\d{12})?:.+)$/);
    assert.ok(!/[<>]/.test(JSON.stringify([Resource, Condition])), `${Sid}: no placeholder is left`);
  }
});

test('names buckets in lower case, and adds other names to every statement of S3', () => {
  const resources = (bucketName?: string) =>
    policyDocument({ account, stackName: 'Media', ...(bucketName && { bucketName }) })
      .Statement.flatMap(({ Resource }) => Resource)
      .filter((resource) => resource.startsWith('arn:aws:s3:'));
  const template = '/.well-known/edge-upload/template/*';
  assert.deepEqual(
    new Set(resources()),
    new Set(['arn:aws:s3:::media-*', 'arn:aws:s3:::media-*/*', `arn:aws:s3:::media-*${template}`]),
  );
  assert.deepEqual(resources('media-bucket-1'), resources());
  assert.equal(resources('kept').length, 2 * resources().length);
  for (const end of ['', '/*', template]) assert.ok(resources('kept').includes(`arn:aws:s3:::kept${end}`));
});

test('covers the bucket of a long stack name, which CloudFormation truncates', () => {
  for (const [stackName, bucket] of [
    ['m'.repeat(24), `${'m'.repeat(24)}-bucket83908e77-0123456789ab`],
    ['M'.repeat(25), `${'m'.repeat(24)}-bucket83908e77-0123456789ab`],
    ['m'.repeat(LONGEST_NAME), `${'m'.repeat(24)}-bucket83908e77-0123456789ab`],
  ] as const) {
    const { Statement } = policyDocument({ account, stackName });
    const making = Statement.find(({ Sid }) => Sid === 'MakeBucket')?.Resource ?? [];
    assert.ok(
      making.some((pattern) => covers(pattern, `arn:aws:s3:::${bucket}`)),
      `${stackName}: ${making}`,
    );
  }
});

test('--deploy-only denies reading objects, deleting them, and managing users', () => {
  const { Statement } = policyDocument({ account, stackName: 'edge-upload', deployOnly: true });
  assert.equal(Statement.length, OPERATOR_POLICY.length - 4);
  const actions = Statement.filter(({ Sid }) => Sid !== 'Template').flatMap(({ Action }) => Action);
  for (const action of ['s3:GetObject', 's3:DeleteObject', 'cognito-idp:AdminCreateUser'])
    assert.ok(!actions.includes(action), action);
});

test('has one statement for the signing keys of the stack only', () => {
  const scope = { account, stackName: 'Media', extras: true };
  const { Statement } = policyDocument(scope);
  const signing = Statement.filter(({ Action }) => Action.some((action) => covers(action, 'kms:Sign')));
  assert.deepEqual(signing, [
    {
      Sid: 'Sign',
      Effect: 'Allow',
      Action: ['kms:Sign'],
      Resource: [`arn:aws:kms:us-east-1:${account}:key/*`],
      Condition: {
        StringEquals: {
          'aws:ResourceTag/edge-upload': 'Media',
          'kms:KeySpec': 'ECC_NIST_EDWARDS25519',
        },
      },
    },
  ]);
  const { Statement: deploying } = policyDocument({ ...scope, deployOnly: true });
  assert.ok(!deploying.some(({ Sid }) => Sid === 'Sign' || Sid === 'Ledger'));
  assert.ok(deploying.some(({ Sid }) => Sid === 'MakeSigningKey'));
});

test('narrows every change of a KMS key by the tag and the spec', () => {
  const { Resources } = wholeTemplate(EDGE, { signing: { keys: [{ id: '1' }] } });
  const { KeySpec, Tags } = Resources.SigningKey1?.Properties ?? {};
  const [{ Key, Value }] = Tags as [{ Key: string; Value: string }];
  const { Statement } = policyDocument({ account, stackName: Value, extras: true });
  const changing = Statement.filter(({ Action }) =>
    Action.some((action) => /^kms:(?!Get|Describe|List|Decrypt|GenerateDataKey)/.test(action)),
  );
  assert.equal(changing.length, 4);
  for (const { Sid, Condition } of changing) {
    const equals: Record<string, string> = { ...Condition?.StringEquals };
    const tag = equals[`aws:ResourceTag/${Key}`] ?? equals[`aws:RequestTag/${Key}`];
    assert.equal(tag, Value, Sid);
    // While a key is created, only its tag is known.
    if (Sid !== 'MakeSigningKeyTag') assert.equal(equals['kms:KeySpec'], KeySpec, Sid);
  }
});

test('separates permissions that most deployments do not need', () => {
  const { Statement } = policyDocument({ account, stackName: 'Media', extras: true });
  const services = Statement.flatMap(({ Action }) => Action.map((action) => action.split(':')[0]));
  assert.deepEqual([...new Set(services)].sort(), [
    'cognito-idp',
    'events',
    'guardduty',
    'kms',
    's3',
    'secretsmanager',
    'sns',
  ]);
  assert.deepEqual(Statement.find(({ Sid }) => Sid === 'MakeNoticeRule')?.Resource, [
    'arn:aws:events:us-east-1:123456789012:rule/Media-*',
  ]);
  const { Statement: most } = policyDocument({ account, stackName: 'Media' });
  for (const { Sid } of Statement) assert.ok(!most.some((one) => one.Sid === Sid), Sid);
});
