import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { CognitoIdentityProvider } from '@aws-sdk/client-cognito-identity-provider';
import { IAM } from '@aws-sdk/client-iam';
import { KMS } from '@aws-sdk/client-kms';
import { S3 } from '@aws-sdk/client-s3';
import { STS } from '@aws-sdk/client-sts';
import { clientOptions } from '../../support/serve.ts';
import { BUCKET_STACK, openFaultyCloud } from '../faults/fixture.ts';

const RoleName = 'operator';
const ROLE = 'arn:aws:iam::000000000000:role/live/operator';
const SESSION = 'arn:aws:sts::000000000000:assumed-role/operator/test';
const TRUST = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::000000000000:root' }, Action: 'sts:AssumeRole' },
  ],
};
const KEY_SPEC = 'ECC_NIST_EDWARDS25519';

const allowing = (Action: string | string[], Resource: string, more = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});
const denied = (action: string, resource?: string, name = 'AccessDenied') => ({
  name,
  message: `User: ${SESSION} is not authorized to perform: ${action}${resource === undefined ? '' : ` on resource: ${resource}`} because no identity-based policy allows the ${action} action`,
});

test('allows an assumed role what its policies allow, in every service', async (t) => {
  const { endpoint, cloud, s3, cfn, clock } = await openFaultyCloud(t);
  const root = clientOptions(endpoint);
  const iam = new IAM(root);
  const sts = new STS(root);
  const clients: { destroy(): void }[] = [iam, sts];
  t.after(() => {
    for (const client of clients) client.destroy();
  });
  await iam.createRole({
    RoleName,
    Path: '/live/',
    AssumeRolePolicyDocument: JSON.stringify(TRUST),
    Tags: [{ Key: 'expires', Value: 'soon' }],
  });
  const { Role } = await iam.getRole({ RoleName });
  assert.deepEqual([Role?.Arn, Role?.Tags], [ROLE, [{ Key: 'expires', Value: 'soon' }]]);
  const put = (...Statement: object[]) =>
    iam.putRolePolicy({
      RoleName,
      PolicyName: 'p',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }),
    });
  await assert.rejects(put(allowing('s3:*', '*', { Condition: { IpAddress: { 'aws:SourceIp': '::1' } } })), {
    message: /does not support the condition IpAddress in the policy of a role/,
  });
  await assert.rejects(
    put({ Effect: 'Allow', NotAction: 's3:*', Resource: '*' }),
    /NotAction in the policy of a role/,
  );
  await put(
    allowing('cloudformation:*', 'arn:aws:cloudformation:us-east-1:000000000000:stack/one/*'),
    allowing('s3:CreateBucket', 'arn:aws:s3:::one-*'),
    allowing(['s3:Put*', 's3:ListBucket'], 'arn:aws:s3:::shared*'),
    { Effect: 'Deny', Action: 's3:PutObject', Resource: 'arn:aws:s3:::shared/locked/*' },
    allowing('kms:Sign', '*', {
      Condition: { StringEquals: { 'kms:KeySpec': KEY_SPEC, 'aws:ResourceTag/of': 'one' } },
    }),
  );
  await s3.createBucket({ Bucket: 'shared' });

  const { Credentials, AssumedRoleUser } = await sts.assumeRole({ RoleArn: ROLE, RoleSessionName: 'test' });
  assert.equal(AssumedRoleUser?.Arn, SESSION);
  const {
    AccessKeyId: accessKeyId = '',
    SecretAccessKey: secretAccessKey = '',
    SessionToken: sessionToken = '',
  } = Credentials ?? {};
  const options = { ...root, credentials: { accessKeyId, secretAccessKey, sessionToken } };
  const as = {
    sts: new STS(options),
    s3: new S3({ ...options, forcePathStyle: true }),
    cfn: new CloudFormation(options),
    kms: new KMS(options),
    cognito: new CognitoIdentityProvider(options),
  };
  const rootKms = new KMS(root);
  clients.push(...Object.values(as), rootKms);
  assert.equal((await as.sts.getCallerIdentity({})).Arn, SESSION);

  await as.s3.putObject({ Bucket: 'shared', Key: 'a', Body: 'a' });
  await assert.rejects(
    as.s3.putObject({ Bucket: 'shared', Key: 'locked/a', Body: 'a' }),
    denied('s3:PutObject', 'arn:aws:s3:::shared/locked/a'),
  );
  await assert.rejects(
    as.s3.getObject({ Bucket: 'shared', Key: 'a' }),
    denied('s3:GetObject', 'arn:aws:s3:::shared/a'),
  );
  await assert.rejects(
    as.cognito.listUsers({ UserPoolId: 'us-east-1_abc' }),
    denied(
      'cognito-idp:ListUsers',
      'arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_abc',
      'AccessDeniedException',
    ),
  );
  await assert.rejects(
    as.cfn.deleteStack({ StackName: 'two' }),
    denied('cloudformation:DeleteStack', 'arn:aws:cloudformation:us-east-1:000000000000:stack/two/*'),
  );

  // Conditions see the key.
  for (const [value, isAllowed] of [
    ['one', true],
    ['two', false],
  ] as const) {
    const { KeyMetadata: { KeyId, Arn } = {} } = await rootKms.createKey({
      KeySpec: KEY_SPEC,
      KeyUsage: 'SIGN_VERIFY',
      Tags: [{ TagKey: 'of', TagValue: value }],
    });
    const signing = as.kms.sign({
      KeyId,
      Message: Buffer.from('m'),
      SigningAlgorithm: 'ED25519_SHA_512',
      MessageType: 'RAW',
    });
    if (isAllowed) await signing;
    else await assert.rejects(signing, denied('kms:Sign', Arn, 'AccessDeniedException'));
  }

  // CloudFormation has the permissions of its caller.
  await as.cfn.createStack({ StackName: 'one', TemplateBody: BUCKET_STACK });
  await cloud.idle();
  assert.equal((await cfn.describeStacks({ StackName: 'one' })).Stacks?.[0]?.StackStatus, 'CREATE_COMPLETE');
  await as.cfn.deleteStack({ StackName: 'one' });
  await cloud.idle();
  const { StackEvents = [] } = await cfn.describeStackEvents({ StackName: 'one' });
  assert.match(
    String(
      StackEvents.find(
        ({ ResourceStatus, LogicalResourceId }) =>
          ResourceStatus === 'DELETE_FAILED' && LogicalResourceId === 'Bucket',
      )?.ResourceStatusReason,
    ),
    /assumed-role\/operator\/test is not authorized to perform: s3:DeleteBucket on resource: arn:aws:s3:::one-/,
  );

  const simulated = await iam.simulatePrincipalPolicy({
    PolicySourceArn: ROLE,
    ActionNames: ['s3:PutObject', 's3:GetObject', 'kms:Sign'],
    ResourceArns: ['arn:aws:s3:::shared/a'],
  });
  assert.deepEqual(
    simulated.EvaluationResults?.map((one) => [one.EvalDecision, one.MissingContextValues?.length ?? 0]),
    [
      ['allowed', 0],
      ['implicitDeny', 0],
      ['implicitDeny', 2],
    ],
  );

  const stolen = new STS({ ...root, credentials: { accessKeyId, secretAccessKey } });
  clients.push(stolen);
  await assert.rejects(stolen.getCallerIdentity({}), { name: 'InvalidClientTokenId' });
  await assert.rejects(iam.deleteRole({ RoleName }), { name: 'DeleteConflictException' });
  await iam.deleteRolePolicy({ RoleName, PolicyName: 'p' });
  await assert.rejects(as.s3.listObjectsV2({ Bucket: 'shared' }), { name: 'AccessDenied' });
  await iam.deleteRole({ RoleName });
  assert.deepEqual((await iam.listRoles({ PathPrefix: '/live/' })).Roles, []);
  await assert.rejects(sts.assumeRole({ RoleArn: ROLE, RoleSessionName: 'test' }), {
    name: 'AccessDenied',
    message: /root is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::/,
  });

  clock.ahead = 3_600_001;
  const late = new STS({ ...options, systemClockOffset: clock.ahead });
  clients.push(late);
  await assert.rejects(late.getCallerIdentity({}), { name: /ExpiredToken/ });
});

test('assumes only a role that trusts the account', async (t) => {
  const { endpoint } = await openFaultyCloud(t);
  const options = clientOptions(endpoint);
  const [iam, sts] = [new IAM(options), new STS(options)];
  t.after(() => [iam, sts].map((client) => client.destroy()));
  for (const [name, Principal] of [
    ['service', { Service: 'lambda.amazonaws.com' }],
    ['other', { AWS: 'arn:aws:iam::111111111111:root' }],
  ] as const) {
    const { Role } = await iam.createRole({
      RoleName: name,
      AssumeRolePolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }],
      }),
    });
    await assert.rejects(sts.assumeRole({ RoleArn: Role?.Arn, RoleSessionName: 'test' }), {
      name: 'AccessDenied',
    });
  }
});

test('limits sessions to the role’s maximum duration, and sessions of sessions to an hour', async (t) => {
  const { endpoint } = await openFaultyCloud(t);
  const options = clientOptions(endpoint);
  const [iam, sts] = [new IAM(options), new STS(options)];
  const clients = [iam, sts];
  t.after(() => {
    for (const client of clients) client.destroy();
  });
  const create = (name: string, more: object = {}) =>
    iam.createRole({ RoleName: name, AssumeRolePolicyDocument: JSON.stringify(TRUST), ...more });
  const short = (await create('short')).Role;
  const { Role: long } = await create('long', { MaxSessionDuration: 7200, Description: 'two hours' });
  const found = (await iam.getRole({ RoleName: 'long' })).Role;
  assert.deepEqual([found?.MaxSessionDuration, found?.Description], [7200, 'two hours']);
  assert.equal(short?.MaxSessionDuration, 3600);
  assert.ok(Math.abs(Number(long?.CreateDate) - Date.now()) < 600_000);
  await assert.rejects(create('LONG'), { name: 'EntityAlreadyExistsException' });

  const assume = (by: STS, RoleArn: string | undefined, DurationSeconds: number) =>
    by.assumeRole({ RoleArn, RoleSessionName: 'test', DurationSeconds });
  await assert.rejects(assume(sts, short?.Arn, 3601), /exceeds the MaxSessionDuration set for this role/);
  const { Credentials } = await assume(sts, long?.Arn, 7200);
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [allowing('sts:AssumeRole', '*')],
  });
  await iam.putRolePolicy({ RoleName: 'long', PolicyName: 'p', PolicyDocument });
  const session = new STS({
    ...options,
    credentials: {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    },
  });
  clients.push(session);
  await assert.rejects(
    assume(session, long?.Arn, 3601),
    /1 hour session limit for roles assumed by role chaining/,
  );
  await assume(session, long?.Arn, 3600);
});
