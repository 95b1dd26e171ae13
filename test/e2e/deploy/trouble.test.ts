import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { awsClients } from '../aws-clients.ts';
import { type DeployedStack, PASSWORD, setFaults, WITH_FAULTS, withCloud } from '../harness.ts';

test('waits in deploy while AWS throttles and lags behind', async () => {
  await withCloud(async (computer, cloud) => {
    const rule = { calls: 2, share: 0.05, seed: 7 };
    await setFaults(cloud, { throttling: { 'cloudformation:*': rule, 'lambda:*': rule }, describeLag: 1 });
    const { outputs } = await computer.json<DeployedStack>(['deploy', '--local']);
    assert.match(outputs.S3BucketName, /^edge-upload-/);
    assert.equal((await computer.json<{ outcome: string }>(['deploy', '--local'])).outcome, 'unchanged');
    assert.equal((await computer.json<{ outcome: string }>(['destroy', '--yes'])).outcome, 'destroyed');
  }, WITH_FAULTS);
});

test('completes every command although every service throttles', async () => {
  await withCloud(async (computer, cloud) => {
    const throttling = Object.fromEntries(
      ['cloudformation', 'cognito-idp', 'iam', 'kms', 'lambda', 'logs', 's3', 'sts'].map((service) => [
        `${service}:*`,
        { calls: 1, share: 0.02, seed: 5 },
      ]),
    );
    await writeFile(join(computer.home, 'a.txt'), 'a');
    await setFaults(cloud, { throttling, operator: { denied: ['s3:GetBucketAcl'] } });
    for (const args of [
      ['deploy', '--local', '--yes'],
      ['login', '--create', '--email', 'ada@example.com'],
      ['put', 'a.txt'],
      ['user', 'list'],
      ['link', 'create', '--yes'],
      ['link', 'list'],
      ['status'],
      ['doctor'],
      ['ls'],
      ['logs'],
      ['destroy', '--yes'],
    ]) {
      const { code, stdout, stderr } = await computer.run(args, {
        env: { EDGE_UPLOAD_NEW_PASSWORD: PASSWORD },
      });
      assert.equal(code, 0, `${args.join(' ')}\n${stdout}${stderr}`);
    }
  }, WITH_FAULTS);
});

test('changes nothing in a failed deploy; the next one repairs a failed rollback', async () => {
  await withCloud(async (computer, cloud) => {
    await computer.json(['deploy', '--local']);

    await setFaults(cloud, {
      failingResources: { Bucket83908E77: { update: 'Rules are not to be had today' } },
    });
    const failed = await computer.run(['deploy', '--local', '--expire-after', '30']);
    assert.equal(failed.code, 8);
    assert.match(failed.stderr, /error: .*bucket.*could not be updated: .*Rules are not to be had today/s);
    assert.match(failed.stderr, /The stack is now UPDATE_ROLLBACK_COMPLETE/);

    const stuck = { update: 'Rules are not to be had today', rollback: 'nor taken back' };
    await setFaults(cloud, { failingResources: { Bucket83908E77: stuck } });
    const worse = await computer.run(['deploy', '--local', '--expire-after', '30']);
    assert.equal(worse.code, 8);
    assert.match(worse.stderr, /Rules are not to be had today/);
    assert.match(worse.stderr, /The stack is now UPDATE_ROLLBACK_FAILED/);
    const again = await computer.run(['deploy', '--local', '--expire-after', '30']);
    assert.equal(again.code, 8, 'the cause of the failure is still present');
    assert.match(again.stderr, /Continue update rollback/);

    await setFaults(cloud, {});
    const mended = await computer.run(['deploy', '--local', '--expire-after', '30']);
    assert.equal(mended.code, 0, mended.stderr);
    assert.match(mended.stderr, /it is rolled back first/);
    const { options } = await computer.json<{ options: { name: string; value: unknown }[] }>(['status']);
    assert.equal(options.find(({ name }) => name === 'expireAfterDays')?.value, 30);
    assert.equal((await computer.run(['destroy', '--yes'])).code, 0);
  }, WITH_FAULTS);
});

test('explains a failed deletion, and completes it at the next destroy', async () => {
  await withCloud(async (computer, cloud) => {
    await computer.json(['deploy', '--local']);
    const reason = 'The user pool cannot be deleted: deletion protection is active';
    await setFaults(cloud, { failingResources: { UserPool6BA7E5F2: { delete: reason } } });
    const failed = await computer.run(['destroy', '--yes']);
    assert.equal(failed.code, 8);
    assert.match(
      failed.stderr,
      /error: .*user pool .*could not be deleted: .*deletion protection is active/s,
    );
    assert.match(failed.stderr, /Turn off its deletion protection in the Cognito console/);
    assert.match(failed.stderr, /continue with what is left:\n +edge-upload destroy --yes --local/);
    const doctor = await computer.run(['doctor']);
    assert.equal(doctor.code, 8);
    assert.match(
      doctor.stdout,
      /FAILED +stack .*DELETE_FAILED.*\n.*\n.*edge-upload destroy --local --stack-name edge-upload\n/,
    );
    assert.match(doctor.stdout, /^- +logs +the stack is being deleted$/m);
    const status = await computer.run(['status']);
    assert.match(status.stdout, /^changed +\d{4}-/m);
    assert.match(status.stdout, /^Finish the deletion:\n +edge-upload destroy --local/m);
    await setFaults(cloud, {});
    assert.equal((await computer.run(['destroy', '--yes'])).code, 0);
  }, WITH_FAULTS);
});

test('asks before it deletes users that remain of a failed creation', async (t) => {
  await withCloud(async (computer, cloud) => {
    const { cloudformation, cognito } = awsClients(t, cloud);
    const resources = async (type: string) => {
      const { StackResources = [] } = await cloudformation.describeStackResources({
        StackName: 'edge-upload',
      });
      const found = StackResources.find(({ ResourceType }) => ResourceType === type);
      return { id: found?.LogicalResourceId ?? '', name: found?.PhysicalResourceId ?? '' };
    };
    await computer.json(['deploy', '--local']);
    const client = await resources('AWS::Cognito::UserPoolClient');
    const pool = await resources('AWS::Cognito::UserPool');
    assert.equal((await computer.run(['destroy', '--yes'])).code, 0);
    const failingResources = { [client.id]: { create: 'no' }, [pool.id]: { delete: 'no' } };
    await setFaults(cloud, { failingResources });
    assert.match((await computer.run(['deploy', '--local'])).stderr, /The stack is now ROLLBACK_FAILED/);
    await setFaults(cloud, {});
    const { name: UserPoolId } = await resources('AWS::Cognito::UserPool');
    await cognito.adminCreateUser({ UserPoolId, Username: 'ada', MessageAction: 'SUPPRESS' });
    const refused = await computer.run(['deploy', '--local', '--yes']);
    assert.equal(refused.code, 8);
    assert.match(
      refused.stderr,
      new RegExp(`its user pool ${UserPoolId} has 1 user\\. Nothing was changed\\.`),
    );
    assert.match(refused.stderr, /\n +edge-upload destroy --local --stack-name edge-upload\n/);
    assert.equal((await cognito.adminGetUser({ UserPoolId, Username: 'ada' })).Username, 'ada');
    await cognito.adminDeleteUser({ UserPoolId, Username: 'ada' });
    const deployed = await computer.run(['deploy', '--local']);
    assert.equal(deployed.code, 0, deployed.stderr);
    assert.match(deployed.stderr, /its remaining resources are deleted first/);
  }, WITH_FAULTS);
});
