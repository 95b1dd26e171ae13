import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { CognitoIdentityProvider } from '@aws-sdk/client-cognito-identity-provider';
import { KMS } from '@aws-sdk/client-kms';
import { S3 } from '@aws-sdk/client-s3';
import { clientConfig, type DeployedStack, setFaults, signIn, WITH_FAULTS, withCloud } from '../harness.ts';

/* Output after resources or permissions were removed outside edge-upload. */

test('names a user pool deleted outside edge-upload, with commands that replace it', async () => {
  await withCloud(async (computer, cloud) => {
    const { outputs } = await computer.json<DeployedStack>(['deploy', '--local', '--yes']);
    const cognito = new CognitoIdentityProvider(clientConfig(cloud));
    await cognito.deleteUserPool({ UserPoolId: outputs.CognitoUserPoolId });
    const REPLACE =
      /^ +edge-upload deploy --no-user-pool --allow-data-loss .*\n +edge-upload deploy --user-pool /m;
    const status = await computer.run(['status']);
    assert.equal(status.code, 0, status.stderr);
    assert.match(status.stdout, /^user pool +\S+: deleted outside edge-upload$/m);
    assert.match(status.stdout, REPLACE);
    for (const args of [
      ['deploy', '--local', '--yes'],
      ['user', 'list'],
    ]) {
      const { code, stderr } = await computer.run(args);
      assert.notEqual(code, 0, args.join(' '));
      assert.match(stderr, REPLACE);
      assert.doesNotMatch(stderr, /user groups|created so far/, args.join(' '));
    }
    // The only drift is the deleted pool, and the advice replaces it. No other warning suggests another command.
    const doctor = await computer.run(['doctor']);
    assert.match(doctor.stdout, /drift +Changed outside edge-upload: user pool \(deleted\)/);
    assert.match((await computer.run(['status'])).stdout, /^drift +resources were changed/m);
    for (const args of [['--no-user-pool', '--allow-data-loss'], ['--user-pool']]) {
      const { code, stdout, stderr } = await computer.run(['deploy', '--local', '--yes', ...args]);
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(`${stdout}${stderr}`, /drift/, args[0]);
    }
    assert.match((await computer.run(['status'])).stdout, /^user pool +\S+: 0 users$/m);
  });
});

test('names a permission that only HEAD requests need', async () => {
  await withCloud(async (computer, cloud) => {
    await computer.json(['deploy', '--local', '--yes']);
    await setFaults(cloud, { operator: { denied: ['s3:ListBucket', 'iam:SimulatePrincipalPolicy'] } });
    const { code, stderr } = await computer.run(['deploy', '--local', '--yes', '--max-size', '1G']);
    assert.equal(code, 8, stderr);
    assert.match(stderr, /HTTP 403: the permission s3:ListBucket is missing/);
  }, WITH_FAULTS);
});

test('names resources that were changed outside edge-upload, and changes them back with deploy --revert-drift', async (t) => {
  await withCloud(async (computer, cloud) => {
    const deployed = await computer.json<DeployedStack>(['deploy', '--local', '--yes', '--versioning']);
    const {
      S3BucketName: Bucket,
      CognitoUserPoolId: UserPoolId,
      CognitoAppClientId: ClientId,
    } = deployed.outputs;
    await signIn(computer);
    await writeFile(join(computer.home, 'a.txt'), 'a');
    const s3 = new S3({ ...clientConfig(cloud), forcePathStyle: true });
    const cognito = new CognitoIdentityProvider(clientConfig(cloud));
    const REVERT =
      /^ +edge-upload deploy --revert-drift --dry-run .*\n.*\n +edge-upload deploy --revert-drift /m;

    await t.test('a deleted bucket policy', async () => {
      assert.equal((await computer.run(['doctor'])).code, 0);
      await s3.deleteBucketPolicy({ Bucket });
      const put = await computer.run(['put', 'a.txt']);
      assert.equal(put.code, 4, put.stderr);
      assert.match(put.stderr, /S3 does not allow CloudFront to store it/);
      assert.match(put.stderr, /edge-upload doctor/);
      const doctor = await computer.run(['doctor']);
      assert.equal(doctor.code, 8, doctor.stdout);
      assert.match(doctor.stdout, /drift +Changed outside edge-upload: bucket policy \(deleted\)\./);
      assert.match(doctor.stdout, REVERT);
      assert.doesNotMatch(doctor.stdout, /edge-upload doctor/);
      const status = await computer.run(['status']);
      assert.match(status.stdout, /^drift +resources were changed outside edge-upload/m);
      assert.match(status.stdout, REVERT);
      // CloudFormation compares only templates, and the output explains that.
      const plain = await computer.run(['deploy', '--local', '--yes']);
      assert.equal(plain.code, 0, plain.stderr);
      assert.match(plain.stderr, REVERT);
      await assert.rejects(s3.getBucketPolicy({ Bucket }), { name: 'NoSuchBucketPolicy' });
      const mistyped = await computer.run([
        'deploy',
        '--local',
        '--revert-drift',
        '--yes',
        '--stack-name',
        'no',
      ]);
      assert.equal(mistyped.code, 8, mistyped.stdout);
      assert.match(mistyped.stderr, /There is no stack “no” in the embedded cloud/);
      const planned = await computer.run(['deploy', '--local', '--revert-drift', '--dry-run']);
      assert.match(planned.stdout, /^ +\+ add +bucket policy$/m);
      await assert.rejects(s3.getBucketPolicy({ Bucket }), { name: 'NoSuchBucketPolicy' });
      const restored = await computer.json<DeployedStack>(['deploy', '--local', '--yes', '--revert-drift']);
      assert.equal(restored.outcome, 'changed');
      assert.equal((await computer.run(['put', 'a.txt'])).code, 0);
      assert.equal((await computer.run(['doctor'])).code, 0);
      assert.doesNotMatch((await computer.run(['status'])).stdout, /drift/);
      const again = await computer.json<DeployedStack>(['deploy', '--local', '--yes', '--revert-drift']);
      assert.equal(again.outcome, 'unchanged');
    });

    for (const [name, change, found] of [
      [
        'another bucket policy',
        () =>
          s3.putBucketPolicy({
            Bucket,
            Policy: JSON.stringify({
              Version: '2012-10-17',
              Statement: [
                {
                  Effect: 'Deny',
                  Principal: '*',
                  Action: 's3:PutObject',
                  Resource: `arn:aws:s3:::${Bucket}/*`,
                },
              ],
            }),
          }),
        'bucket policy (access rules)',
      ],
      [
        'a deleted public access block',
        () => s3.deletePublicAccessBlock({ Bucket }),
        'bucket (public access block configuration)',
      ],
      ['deleted lifecycle rules', () => s3.deleteBucketLifecycle({ Bucket }), 'bucket (expiry of objects)'],
      [
        'deleted ownership controls',
        () => s3.deleteBucketOwnershipControls({ Bucket }),
        'bucket (object ownership)',
      ],
      [
        'suspended versioning',
        () => s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: 'Suspended' } }),
        'bucket (versioning)',
      ],
      [
        'other flows of the app client',
        () =>
          cognito.updateUserPoolClient({
            UserPoolId,
            ClientId,
            ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'],
          }),
        'user pool client (',
      ],
    ] as const) {
      await t.test(name, async () => {
        await change();
        const doctor = await computer.run(['doctor']);
        assert.equal(doctor.code, 8, doctor.stdout);
        assert.ok(doctor.stdout.includes(`Changed outside edge-upload: ${found}`), doctor.stdout);
        const { outcome } = await computer.json<DeployedStack>([
          'deploy',
          '--local',
          '--yes',
          '--revert-drift',
        ]);
        assert.equal(outcome, 'changed');
        assert.equal((await computer.run(['doctor'])).code, 0);
        assert.equal((await computer.run(['put', 'a.txt'])).code, 0);
      });
    }

    await t.test('a signing key that is scheduled for deletion', async () => {
      await computer.json(['key', 'create', 'camera', '--write-to', 'in/']);
      const kms = new KMS(clientConfig(cloud));
      const { Keys = [] } = await kms.listKeys({});
      await kms.scheduleKeyDeletion({ KeyId: Keys[0]?.KeyId });
      const doctor = await computer.run(['doctor']);
      assert.equal(doctor.code, 8, doctor.stdout);
      assert.match(doctor.stdout, /drift +the resources are as they were deployed/);
      assert.match(doctor.stdout, /aws kms cancel-key-deletion/);
      const deploy = await computer.run(['deploy', '--local', '--yes', '--revert-drift']);
      assert.notEqual(deploy.code, 0, 'a new key would invalidate every link and key');
      assert.match(deploy.stderr, /aws kms cancel-key-deletion/);
    });
  });
});

test('checks the other parts of a deployment without the permission to detect drift', async () => {
  await withCloud(async (computer, cloud) => {
    await computer.json(['deploy', '--local', '--yes']);
    await setFaults(cloud, { operator: { denied: ['cloudformation:DetectStackDrift'] } });
    const { code, stdout } = await computer.run(['doctor']);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /drift +not allowed \(cloudformation:DetectStackDrift/);
  }, WITH_FAULTS);
});
