import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listKept, listLeftovers, rememberKept, rememberLeftover } from '../../../cli/stack/remains.ts';
import { ACCOUNT_ID } from '../../../local/account.ts';
import { typed } from '../../support/typed.ts';
import { awsClients } from '../aws-clients.ts';
import { type DeployedStack, withCloud } from '../harness.ts';
import { startRecorder } from '../recorder.ts';
import { operatorOf } from './operator-of.ts';

test('keeps the records of a namesake stack in another account or cloud', async () => {
  await withCloud(async (computer, cloud) => {
    const { operator, place } = await operatorOf(computer, cloud);
    const others = [
      { stackName: 'edge-upload', account: '999999999999' },
      { stackName: 'edge-upload', local: { endpoint: cloud.endpoint, caFile: cloud.caFile } },
    ];
    for (const [at, where] of others.entries()) {
      await rememberLeftover(place, { functionName: `theirs-${at}`, ...where });
      await rememberKept(place, { type: 'user pool', name: `us-east-1_theirs${at}`, ...where });
    }
    await rememberLeftover(place, { functionName: 'own', stackName: 'edge-upload', account: ACCOUNT_ID });
    await rememberLeftover(place, { functionName: 'of-an-earlier-version', stackName: 'edge-upload' });
    // This computer has a deployment of that name on AWS, so commands use that one.
    await computer.json(['deploy', '--local']);
    await operator.json(['deploy', '--yes']);
    const status = await operator.run(['status', '--json']);
    const { leftovers, kept } = JSON.parse(status.stdout);
    assert.deepEqual(leftovers, { removed: ['own', 'of-an-earlier-version'], left: [] });
    assert.deepEqual(kept, []);
    const warned = /warning: The AWS account 999999999999 still has parts of a stack edge-upload\./;
    assert.match(status.stderr, warned);
    const destroyed = await operator.run(['destroy', '--yes', '--delete-kept', '--json']);
    assert.equal(destroyed.code, 0, destroyed.stderr);
    assert.deepEqual(JSON.parse(destroyed.stdout).deleted, []);
    assert.match(destroyed.stderr, warned);
    const names = (await listLeftovers(place)).map(({ functionName }) => functionName);
    assert.deepEqual(names, ['theirs-0', 'theirs-1']);
    assert.deepEqual((await listKept(place)).length, 2);
  });
});

test('keeps the records of an operator who is not allowed to list objects', async (t) => {
  await withCloud(async (computer, cloud) => {
    const { outputs } = await computer.json<DeployedStack>(['deploy', '--local']);
    const { operator } = await operatorOf(computer, cloud);
    const recorder = await startRecorder(cloud, undefined, new Set(['s3:ListBucketVersions']));
    t.after(() => recorder.close());
    const env = { AWS_ENDPOINT_URL: recorder.endpoint };
    const args = ['destroy', '--yes', '--stack-name', 'edge-upload'];
    const refused = await operator.run(args, { env });
    assert.equal(refused.code, 8, refused.stderr);
    assert.match(refused.stderr, /ListBucketVersions/);
    const status = await operator.run(['status', '--stack-name', 'edge-upload'], { env });
    assert.equal(status.code, 0, status.stderr);
    assert.match(status.stdout, /bucket +\S+: not allowed to count its content/);
    const { code, stdout, stderr } = await operator.run([...args, '--keep-data'], { env });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /This stays:\n +bucket +\S+: not allowed to count its content/);
    assert.match(stdout, new RegExp(`Kept: the bucket ${outputs.S3BucketName} `));
  });
});

test('warns of a deploy that cannot be recorded, and completes it', async () => {
  await withCloud(async (computer, cloud) => {
    const { operator } = await operatorOf(computer, cloud);
    // Nobody can write to this path, not even root.
    const env = { XDG_CONFIG_HOME: '/dev/null' };
    const args = ['deploy', '--yes', '--stack-name', 'unrecorded', '--json'];
    const { code, stdout, stderr } = await operator.run(args, { env });
    assert.equal(code, 0, stderr);
    assert.match(JSON.parse(stdout).url, /^https:/);
    assert.match(stderr, /Waiting until the edge serves: done|the edge serves/);
    assert.match(
      stderr,
      /warning: The deployment is not recorded on this computer: name it with --stack-name\./,
    );
  });
});

test('warns once of a destroy that cannot be recorded, and completes it', async () => {
  await withCloud(async (computer, cloud) => {
    const { operator } = await operatorOf(computer, cloud);
    const env = { XDG_CONFIG_HOME: '/dev/null' };
    const named = ['--yes', '--stack-name', 'unrecorded'];
    const { S3BucketName } = (await operator.json<DeployedStack>(['deploy', ...named], { env })).outputs;
    const { code, stdout, stderr } = await operator.run(['destroy', ...named, '--keep-data'], { env });
    assert.equal(code, 0, stderr);
    assert.match(stdout, new RegExp(`Kept: the bucket ${S3BucketName} `));
    assert.doesNotMatch(stdout, /--delete-kept/);
    assert.equal(stderr.match(/Counting objects in /g)?.length, 1, stderr);
    assert.equal(stderr.match(/warning: /g)?.length, 1, stderr);
    assert.match(stderr, new RegExp(`warning: Not recorded on this computer: \\S+, ${S3BucketName}\\.`));
    assert.match(stderr, /Removing the edge function: unrecorded-/);
  });
});

test('records the user pool of an interrupted deploy', async (t) => {
  await withCloud(async (computer, cloud) => {
    const { outputs } = await computer.json<DeployedStack>(['deploy', '--local', '--retain-data']);
    const { operator, place } = await operatorOf(computer, cloud);
    const interruption = new AbortController();
    const { signal } = interruption;
    let isApplied = false;
    const recorder = await startRecorder(cloud, async (action) => {
      if (isApplied) interruption.abort();
      isApplied ||= action === 'cloudformation:ExecuteChangeSet';
    });
    t.after(() => recorder.close());
    const { home } = operator;
    const env = { ...place.env, AWS_ENDPOINT_URL: recorder.endpoint };
    const args = ['deploy', '--yes', '--no-user-pool'];
    const { code, stderr } = await typed(args, { cwd: home, home, env, signal });
    assert.equal(code, 130, stderr);
    // The update can still be running.
    assert.equal((await operator.run(['status', '--stack-name', 'edge-upload'])).code, 0);
    const { cloudformation } = awsClients(t, cloud);
    for (;;) {
      const { Stacks } = await cloudformation.describeStacks({ StackName: 'edge-upload' });
      if (Stacks?.[0]?.StackStatus === 'UPDATE_COMPLETE') break;
      assert.match(Stacks?.[0]?.StackStatus ?? '', /IN_PROGRESS$/);
    }
    const { kept } = await operator.json<{ kept: object[] }>(['status', '--stack-name', 'edge-upload']);
    const [pool] = kept;
    assert.deepEqual(pool, { type: 'user pool', name: outputs.CognitoUserPoolId, holds: '0 users' });
  });
});
