import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { IAM } from '@aws-sdk/client-iam';
import { covers } from '../../../cli/stack/checks/policy-statements.ts';
import { policyDocument } from '../../../cli/stack/policy/operator-policy.ts';
import { OPERATOR_POLICY } from '../../../cli/stack/policy/operator-statements.ts';
import { type AwsClients, awsClients } from '../aws-clients.ts';
import {
  awsEnv,
  clientConfig,
  computerAt,
  type LocalStatus,
  PASSWORD,
  recordedEnv,
  withCloud,
} from '../harness.ts';
import { type Call, startRecorder } from '../recorder.ts';

/** Whether the policy allows an action on any resource. */
function isAllowed(action: string, policy = OPERATOR_POLICY): boolean {
  return policy.some(({ actions }) => actions.some((allowed) => covers(allowed, action)));
}

type Statement = ReturnType<typeof policyDocument>['Statement'][number];
type RequestContext = Readonly<Record<string, string | undefined>>;

/** Whether a statement allows a call, as IAM decides. */
function allows(
  { Action, Resource, Condition }: Statement,
  { action, resource }: Call,
  context: RequestContext,
): boolean {
  return (
    Action.some((allowed) => covers(allowed, action)) &&
    (resource === undefined || Resource.some((pattern) => covers(pattern, resource))) &&
    Object.entries(Condition?.StringEquals ?? {}).every(([key, value]) => context[key] === value)
  );
}

/** Returns the condition keys of a call on a KMS key. */
async function contextOf({ kms }: AwsClients, { action, resource = '' }: Call): Promise<RequestContext> {
  if (!action.startsWith('kms:')) return {};
  const [{ KeyMetadata }, { Tags = [] }] = await Promise.all([
    kms.describeKey({ KeyId: resource }),
    kms.listResourceTags({ KeyId: resource }),
  ]);
  const tags = Tags.map(({ TagKey, TagValue }) => [`aws:ResourceTag/${TagKey}`, TagValue] as const);
  return { 'kms:KeySpec': KeyMetadata?.KeySpec, ...Object.fromEntries(tags) };
}

/** Options whose template is so large that it is uploaded to the bucket. */
const MANY = Array.from({ length: 45 }, (_, at) => [
  ...['--allow-group', `${'g'.repeat(120)}${at}`],
  ...['--allow-group', `${'h'.repeat(70)}${at}`],
  ...['--tag', `${'t'.repeat(100)}${at}=${'v'.repeat(160)}`],
]).flat();

/** Needs no permission: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
const FREE = 'sts:GetCallerIdentity';

const scope = { account: '000000000000', stackName: 'edge-upload' };

/** Statements for calls of CloudFormation, or for options that the embedded cloud does not support. */
const NOT_CALLED = /^(Make|Replicate)|^(ReadSecret|UseKey)$/;

/** Calls in states that do not occur in this test, or of CloudFormation. */
const ELSEWHERE = new Set([
  // After an update that failed.
  'cloudformation:ContinueUpdateRollback',
  'cloudformation:RollbackStack',
  // Tags of a stack, and a large template: CloudFormation itself asks for the permission.
  'cloudformation:TagResource',
  'cloudformation:UntagResource',
  'Template s3:GetObject',
  // Drift: CloudFormation itself asks for the permission.
  'cloudformation:BatchDescribeTypeConfigurations',
  'cloudformation:DetectStack*',
  // A bucket with versions.
  'Template s3:DeleteObjectVersion',
  's3:GetObjectVersion',
  // A user who has signed in, or has an authenticator.
  'cognito-idp:AdminResetUserPassword',
  'cognito-idp:AdminSetUserMFAPreference',
  // An operator who is not the root user.
  'iam:GetRole',
  'iam:SimulatePrincipalPolicy',
]);

test('grants exactly the permissions that commands need', async (t) => {
  await withCloud(async (computer, cloud) => {
    const clients = awsClients(t, cloud);
    const recorder = await startRecorder(cloud);
    try {
      // With the embedded cloud as AWS: no --local, credentials and endpoint from the environment.
      const env = { ...recordedEnv(computer, cloud, recorder), EDGE_UPLOAD_NEW_PASSWORD: PASSWORD };
      await writeFile(join(computer.home, 'a.txt'), 'a');
      const run = async (args: readonly string[]) => {
        const { code, stdout, stderr } = await computer.run(args, { env });
        assert.equal(code, 0, `${args.join(' ')}\n${stdout}${stderr}`);
      };
      for (const args of [
        ['deploy', '--dry-run'],
        ['deploy', '--yes'],
        ['login', '--create', '--email', 'ada@example.com'],
        ['put', 'a.txt'],
        ['deploy'],
        ['status'],
        ['synth'],
        ['doctor'],
        ['ls'],
        ['get', 'a.txt', '--as', 'b.txt'],
        ['deploy', '--yes', ...MANY],
        ['user', 'add', 'bob', '--email', 'bob@example.com'],
        ['user', 'list'],
        ['user', 'show', 'bob'],
        ['user', 'groups', 'bob', '--add', 'writers', '--create'],
        ['user', 'groups', 'bob', '--remove', 'writers'],
        ['user', 'groups'],
        ['user', 'list', '--group', 'writers'],
        ['user', 'disable', 'bob'],
        ['user', 'enable', 'bob'],
        ['user', 'reset', 'bob'],
        ['user', 'reset', 'bob', '--mfa'],
        ['user', 'remove', 'bob', '--yes'],
        ['link', 'create', '--yes'],
        ['key', 'create', 'camera', '--write-to', 'cameras/{name}/', '--yes'],
        ['link', 'list'],
        ['key', 'list'],
        ['key', 'rotate', '--yes'],
        ['deploy', '--yes', '--page'],
      ])
        await run(args);
      const { id } = await computer.json<{ id: string }>(['link', 'create', '--as', 'b.txt'], { env });
      for (const args of [
        ['link', 'revoke', id, '--yes'],
        ['key', 'rotate', '--drop', '--yes'],
        ['status'],
        ['doctor'],
        ['logs'],
        ['destroy', '--yes', '--keep-data'],
        ['status'],
        ['destroy', '--yes', '--delete-kept'],
      ])
        await run(args);
      for (const extras of [false, true]) {
        const { stdout } = await computer.run(['policy', ...(extras ? ['--extras'] : [])], { env });
        assert.deepEqual(JSON.parse(stdout), policyDocument({ ...scope, extras }));
      }
    } finally {
      await recorder.close();
    }
    const recorded = recorder.actions();
    for (const action of ['cloudformation:ExecuteChangeSet', 'lambda:DeleteFunction', 's3:PutObject'])
      assert.ok(recorded.includes(action), action);
    const statements = [false, true].flatMap((extras) => policyDocument({ ...scope, extras }).Statement);
    const used = new Set<string>();
    for (const call of recorder.calls()) {
      if (call.action === FREE) continue;
      const context = await contextOf(clients, call);
      const allowing = statements.filter((statement) => allows(statement, call, context));
      assert.notDeepEqual(allowing, [], `${call.action} on ${call.resource}`);
      for (const { Sid } of allowing) used.add(`${Sid} ${call.action}`);
    }
    const unused = statements
      .filter(({ Sid }) => !NOT_CALLED.test(Sid))
      .flatMap(({ Sid, Action }) => Action.map((action) => `${Sid} ${action}`))
      .filter((one) => !used.has(one) && !ELSEWHERE.has(one) && !ELSEWHERE.has(one.split(' ')[1] ?? ''));
    assert.deepEqual(unused, []);
  });
});

test('names an unusable or forbidden signing key, with the next command', async (t) => {
  await withCloud(async (computer, cloud) => {
    const { kms, cloudformation } = awsClients(t, cloud);
    const denied = new Set<string>();
    const recorder = await startRecorder(cloud, async () => {}, denied);
    t.after(() => recorder.close());
    const env = recordedEnv(computer, cloud, recorder);
    const said = async (args: readonly string[], exit = 0) => {
      const { code, stdout, stderr } = await computer.run(args, { env });
      assert.equal(code, exit, `${args.join(' ')}\n${stdout}${stderr}`);
      return stdout + stderr;
    };
    await said(['deploy', '--yes']);
    assert.doesNotMatch(await said(['status']), /signing key/);
    const [, id = ''] = /Created the link (\S+),/.exec(await said(['link', 'create', '--yes'])) ?? [];
    const [, other = ''] = /Created the link (\S+),/.exec(await said(['link', 'create'])) ?? [];
    const { Stacks = [] } = await cloudformation.describeStacks({ StackName: 'edge-upload' });
    const arn = Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === 'SigningKeyArn')?.OutputValue ?? '';
    const KeyId = arn.split('/')[1] ?? '';
    assert.match(await said(['status']), new RegExp(`^signing key +1 \\(${KeyId}\\): enabled$`, 'm'));
    assert.match(await said(['doctor']), new RegExp(`ok +signing key +1 \\(${KeyId}\\): enabled`));

    const PERMISSION = /^ +edge-upload policy --extras --stack-name edge-upload$/m;
    denied.add('kms:DescribeKey');
    const unseen = await said(['status']);
    assert.match(unseen, /^signing key .*not allowed to read its state \(kms:DescribeKey\)$/m);
    assert.match(unseen, PERMISSION);
    assert.match(
      await said(['doctor']),
      /^- +signing key .*not allowed to read its state \(kms:DescribeKey\)$/m,
    );
    denied.add('kms:Sign');
    const unsigned = await said(['link', 'create'], 8);
    assert.match(unsigned, /kms:Sign/);
    assert.match(unsigned, PERMISSION);
    assert.match(unsigned, /run the same command again/);
    denied.clear();

    await kms.disableKey({ KeyId });
    const ENABLE = new RegExp(`^ +aws kms enable-key --key-id ${KeyId} --region us-east-1$`, 'm');
    const disabled = await said(['status']);
    assert.match(disabled, /^signing key .*: disabled$/m);
    for (const text of [disabled, await said(['doctor'], 8), await said(['link', 'create'], 8)])
      assert.match(text, ENABLE);
    // The edge verifies without KMS, so a link that is revoked now is refused.
    const revoked = await said(['link', 'revoke', id, '--yes']);
    assert.match(revoked, /it is disabled .*\n.*What it signed stays valid\./);
    assert.match(revoked, new RegExp(`Revoked the link ${id}\\.`));
    await kms.enableKey({ KeyId });

    await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 });
    const doomed = await said(['status']);
    assert.match(doomed, /^signing key .*: scheduled for deletion on \d{4}-\d\d-\d\d \d\d:\d\d UTC$/m);
    for (const text of [doomed, await said(['doctor'], 8), await said(['link', 'create'], 8)])
      assert.match(text, new RegExp(`^ +aws kms cancel-key-deletion --key-id ${KeyId} `, 'm'));
    assert.match(await said(['link', 'revoke', other, '--yes']), new RegExp(`Revoked the link ${other}\\.`));
    assert.match(
      await said(['link', 'list']),
      new RegExp(`^${id} +revoked .*\n${other}|^${other} +revoked .*\n${id}`, 'm'),
    );
    // A new key signs. The old one leaves the stack, and KMS deletes it as scheduled.
    assert.match(await said(['key', 'rotate', '--drop', '--yes']), /Earlier links and keys are invalid/);
    assert.match(await said(['link', 'create']), /Created the link/);

    const plan = await said(['destroy'], 2);
    assert.match(plan, /^ {2}signing key {1,2}[\w-]{36}: links and keys stop at once$/m);
    assert.match(plan, /^KMS deletes a signing key after 7 days\. /m);
    await said(['destroy', '--yes']);
  });
});

test('lets an operator deploy with the policy of --deploy-only', async () => {
  await withCloud(async (computer, cloud) => {
    const deployOnly = OPERATOR_POLICY.filter(({ beyondDeploy }) => beyondDeploy !== true);
    const beyond = OPERATOR_POLICY.flatMap(({ beyondDeploy, actions }) => (beyondDeploy ? actions : []));
    const denied = new Set(beyond.filter((action) => !isAllowed(action, deployOnly)));
    const recorder = await startRecorder(cloud, async () => {}, denied);
    try {
      const run = async (...args: string[]) => {
        const env = recordedEnv(computer, cloud, recorder);
        const { code, stdout, stderr } = await computer.run(args, { env });
        assert.equal(code, 0, `${args.join(' ')}\n${stdout}${stderr}`);
      };
      await run('deploy', '--yes', '--retain-data', ...MANY);
      await run('synth');
      await run('doctor');
      await run('logs');
      // Another operator destroys the stack. Kept data does not prevent a deploy.
      const taken = await computer.run(['destroy', '--yes'], { env: awsEnv(computer, cloud) });
      assert.equal(taken.code, 0, taken.stderr);
      await run('deploy', '--yes');
    } finally {
      await recorder.close();
    }
  });
});

test('needs the account if no credentials name it', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'edge-upload-policy-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  const computer = computerAt(home);
  const env = { ...computer.env, AWS_EC2_METADATA_DISABLED: 'true' };
  const refused = await computer.run(['policy', '--stack-name', 'media'], { env });
  assert.equal(refused.code, 8);
  assert.match(refused.stderr, /^ +edge-upload policy --account <12 digits> --stack-name media$/m);
  assert.equal(refused.stdout, '');
  const given = ['policy', '--account', '123456789012', '--stack-name', 'media', '--deploy-only'];
  assert.deepEqual(
    JSON.parse((await computer.run(given, { env })).stdout),
    policyDocument({ account: '123456789012', stackName: 'media', deployOnly: true }),
  );
  assert.equal((await computer.run(['policy', '--account', 'mine'], { env })).code, 2);
});

const ROLE = 'operator-of-uploads';

const TRUST = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::000000000000:root' }, Action: 'sts:AssumeRole' },
  ],
};

/** Creates a role that has only the operator's policy. */
async function createRole(cloud: LocalStatus): Promise<void> {
  const iam = new IAM(clientConfig(cloud));
  const policy = policyDocument(scope);
  await iam.createRole({ RoleName: ROLE, AssumeRolePolicyDocument: JSON.stringify(TRUST) });
  const PolicyDocument = JSON.stringify(policy);
  await iam.putRolePolicy({ RoleName: ROLE, PolicyName: 'operator', PolicyDocument });
  iam.destroy();
}

/** Profiles of another region than the stack's. The endpoint is that of the profile, also to assume the role. */
const configuration = ({ endpoint, accessKeyId, secretAccessKey }: LocalStatus) => `
[profile base]
aws_access_key_id = ${accessKeyId}
aws_secret_access_key = ${secretAccessKey}
region = eu-west-1
[profile prod]
role_arn = arn:aws:iam::000000000000:role/${ROLE}
role_session_name = ada@example.com
source_profile = base
region = eu-central-1
endpoint_url = ${endpoint}
`;

test('deploys and destroys with a role that a profile of another region assumes', async () => {
  await withCloud(async (computer, cloud) => {
    await createRole(cloud);
    const home = join(computer.home, 'operator');
    await mkdir(join(home, '.aws'), { recursive: true });
    await writeFile(join(home, '.aws/config'), configuration(cloud));
    const operator = computerAt(home, { AWS_REGION: 'ap-southeast-2', NODE_EXTRA_CA_CERTS: cloud.caFile });
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await operator.run([...args, '--profile', 'prod']);
      assert.equal(code, 0, `${args.join(' ')}\n${stdout}${stderr}`);
      return `${stdout}${stderr}`;
    };
    const deployed = await run('deploy', '--yes');
    assert.match(deployed, /account 000000000000, assumed-role\/operator-of-uploads\/ada@example\.com/);
    assert.match(deployed, /^Checking regions: us-east-1 and others/m);
    assert.match(deployed, /^Checking permissions: all that an operator needs$/m);
    const checked = await run('doctor');
    assert.match(checked, /^ok +regions/m);
    assert.match(checked, /^ok +permissions +all that an operator needs$/m);
    // The hint is for the AWS CLI, which needs the profile too.
    const refused = await operator.run(['link', 'create', '--yes', '--profile', 'prod']);
    assert.match(refused.stderr, /^ {4}aws iam simulate-principal-policy .* --profile prod$/m);
    assert.match(await run('destroy', '--yes'), /nothing of it is left/);
  });
});
