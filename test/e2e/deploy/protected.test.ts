import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { awsClients } from '../aws-clients.ts';
import { awsEnv, type DeployedStack, recordedEnv, setFaults, WITH_FAULTS, withCloud } from '../harness.ts';
import { startRecorder } from '../recorder.ts';

interface Failed {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
}

/** A policy with which somebody has protected the bucket against deletion. */
const DENIES = (bucket: string, action: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Deny',
        Principal: '*',
        Action: action,
        Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
      },
    ],
  });

test('checks first everything that can refuse a deletion, and names what to do', async (t) => {
  await withCloud(async (computer, cloud) => {
    const denied = new Set<string>();
    const recorder = await startRecorder(cloud, undefined, denied);
    // With the embedded cloud as AWS: credentials and endpoint from the environment.
    const env = recordedEnv(computer, cloud, recorder);
    const { cloudformation, s3 } = awsClients(t, cloud);
    t.after(() => recorder.close());
    const { outputs } = await computer.json<DeployedStack>(['deploy', '--yes'], { env });
    const Bucket = outputs.S3BucketName;
    await s3.putObject({ Bucket, Key: 'precious', Body: 'x' });

    const refused = async (args: readonly string[] = ['destroy', '--yes']) => {
      const { code, stdout, stderr } = await computer.run([...args, '--json'], { env });
      assert.equal(code, 8, `${stdout}${stderr}`);
      const { Contents = [] } = await s3.listObjectsV2({ Bucket });
      assert.deepEqual(
        Contents.map(({ Key }) => Key),
        ['precious'],
        'nothing is deleted',
      );
      const { Stacks } = await cloudformation.describeStacks({ StackName: 'edge-upload' });
      assert.equal(Stacks?.[0]?.StackStatus, 'UPDATE_COMPLETE', 'the stack is as it was');
      const { error } = JSON.parse(stdout) as Failed;
      assert.match(error.message, /Nothing was (removed|changed)|not authorized/);
      return error;
    };

    await t.test('termination protection', async () => {
      const protect = (EnableTerminationProtection: boolean) =>
        cloudformation.updateTerminationProtection({ StackName: 'edge-upload', EnableTerminationProtection });
      await protect(true);
      for (const more of [[], ['--keep-data'], ['--no-wait']]) {
        const { code, hint } = await refused(['destroy', '--yes', ...more]);
        assert.equal(code, 'stack_protected');
        assert.match(
          hint,
          /\n +aws cloudformation update-termination-protection --no-enable-.* edge-upload$/,
        );
      }
      await protect(false);
    });

    await t.test('a bucket policy that denies', async () => {
      const { Policy } = await s3.getBucketPolicy({ Bucket });
      for (const action of ['s3:Delete*', 's3:DeleteBucket', 's3:DeleteObjectVersion']) {
        await s3.putBucketPolicy({ Bucket, Policy: DENIES(Bucket, action) });
        const { code, hint } = await refused();
        assert.equal(code, 'stack_protected', action);
        assert.match(hint, /\n +aws s3api delete-bucket-policy --bucket /);
        assert.match(hint, /\n +edge-upload destroy --keep-data --stack-name edge-upload$/);
      }
      await s3.putBucketPolicy({ Bucket, Policy: String(Policy) });
    });

    await t.test('permissions that are missing', async () => {
      for (const action of [
        'cloudformation:DeleteStack',
        's3:DeleteObjectVersion',
        's3:AbortMultipartUpload',
        's3:GetBucketVersioning',
        's3:GetBucketPolicy',
      ]) {
        denied.add(action);
        const { code, message } = await refused();
        assert.equal(code, 'access_denied', action);
        assert.match(message, new RegExp(action));
        denied.delete(action);
      }
    });

    const destroyed = await computer.run(['destroy', '--yes'], { env });
    assert.equal(destroyed.code, 0, destroyed.stderr);
  });
});

test('refuses a deploy that IAM denies before anything is changed', async (t) => {
  await withCloud(async (computer, cloud) => {
    const env = { ...awsEnv(computer, cloud), NODE_EXTRA_CA_CERTS: cloud.caFile };
    const { cloudformation } = awsClients(t, cloud);
    const refused = async (denied: string, ...flags: readonly string[]) => {
      await setFaults(cloud, { operator: { denied: [denied] } });
      const { code, stdout, stderr } = await computer.run(['deploy', '--yes', '--json', ...flags], { env });
      await setFaults(cloud, {});
      assert.equal(code, 8, `${stdout}${stderr}`);
      const { error } = JSON.parse(stdout) as Failed;
      assert.equal(error.code, 'access_denied');
      assert.match(error.message, new RegExp(`: ${denied}\\. Nothing was changed\\.$`));
      return error;
    };
    const stacks = async () =>
      (await cloudformation.listStacks()).StackSummaries?.map(({ StackStatus }) => StackStatus);
    const notify = ['--notify', 'ops@example.com'];
    for (const [denied, ...flags] of [
      ['cloudfront:CreateDistribution'],
      ['sns:CreateTopic', ...notify],
      ['guardduty:CreateMalwareProtectionPlan', '--scan'],
    ] as const) {
      await refused(denied, ...flags);
      assert.deepEqual(await stacks(), [], denied);
    }
    await computer.json(['deploy', '--yes', '--cors-origin', 'https://app.example.com'], { env });
    for (const [denied, ...flags] of [
      ['lambda:UpdateFunctionCode', '--max-size', '1G'],
      ['events:PutRule', ...notify],
      ['s3:PutBucketNotification', ...notify],
      ['cloudfront:DeleteResponseHeadersPolicy', '--unset', 'cors-origin'],
      ['s3:PutBucketVersioning', '--versioning'],
    ] as const) {
      await refused(denied, ...flags);
      assert.deepEqual(await stacks(), ['UPDATE_COMPLETE'], denied);
      const { Summaries = [] } = await cloudformation.listChangeSets({ StackName: 'edge-upload' });
      assert.ok(!Summaries.some((one) => one.ExecutionStatus === 'AVAILABLE'), 'the plan is discarded');
    }
    // A denied action that the change does not need is a warning.
    await setFaults(cloud, { operator: { denied: ['sns:CreateTopic', 'iam:CreateRole'] } });
    const { code, stderr } = await computer.run(['deploy', '--yes', '--versioning'], { env });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /not allowed: iam:CreateRole\./);
  }, WITH_FAULTS);
});

test('keeps the objects of a stack in a failed state if its deletion is denied', async (t) => {
  await withCloud(async (computer, cloud) => {
    const { outputs } = await computer.json<DeployedStack>(['deploy', '--local', '--yes']);
    const { cloudformation, s3 } = awsClients(t, cloud);
    const Bucket = outputs.S3BucketName;
    await s3.putObject({ Bucket, Key: 'precious', Body: 'x' });
    const StackName = 'edge-upload';
    const { StackResources = [] } = await cloudformation.describeStackResources({ StackName });
    const edge = StackResources.find(({ ResourceType }) => ResourceType === 'AWS::Lambda::Function');
    const failingResources = { [edge?.LogicalResourceId ?? '']: { update: 'no', rollback: 'no' } };
    await setFaults(cloud, { failingResources });
    assert.equal((await computer.run(['deploy', '--local', '--yes', '--max-size', '1G'])).code, 8);
    const denied = ['cloudformation:DeleteStack', 'iam:SimulatePrincipalPolicy'];
    await setFaults(cloud, { operator: { denied } });
    const { code, stderr } = await computer.run(['destroy', '--yes']);
    assert.equal(code, 8, stderr);
    assert.match(stderr, /cloudformation:DeleteStack/);
    await setFaults(cloud, {});
    const { Stacks } = await cloudformation.describeStacks({ StackName });
    assert.equal(Stacks?.[0]?.StackStatus, 'UPDATE_ROLLBACK_FAILED');
    assert.equal((await s3.listObjectsV2({ Bucket })).KeyCount, 1, 'nothing is deleted');
    assert.equal((await computer.run(['destroy', '--yes'])).code, 0);
  }, WITH_FAULTS);
});

test('asks in every command for a choice once the chosen deployment is destroyed', async () => {
  await withCloud(async (computer) => {
    for (const name of ['one', 'two']) await computer.json(['deploy', '--local', '--stack-name', name]);
    assert.equal((await computer.run(['destroy', '--yes'])).code, 0);
    for (const args of [
      ['destroy', '--yes'],
      ['deploy', '--yes'],
      ['deploy', '--local'],
      ['status'],
      ['ls'],
      ['logs'],
      ['synth'],
      ['doctor'],
      ['user', 'list'],
      ['whoami'],
      ['token'],
      ['login'],
      ['logout'],
      ['put', 'a.txt'],
      ['password', 'change'],
    ]) {
      await writeFile(join(computer.home, 'a.txt'), 'a');
      const { code, stdout, stderr } = await computer.run([...args, '--json']);
      assert.equal(code, 2, `${args.join(' ')}\n${stdout}${stderr}`);
      const { error } = JSON.parse(stdout) as Failed;
      assert.equal(error.code, 'no_deployment');
      assert.match(error.hint, /\n +edge-upload deployments use one$/);
    }
    assert.match(
      (await computer.run(['deployments', 'list'])).stdout,
      /Choose the deployment that commands use:\n {2}edge-upload deployments use <name>/,
    );
    assert.equal((await computer.run(['deployments', 'use', 'one'])).code, 0);
    assert.equal((await computer.json<{ stackName: string }>(['status'])).stackName, 'one');
  });
});
