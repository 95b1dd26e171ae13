import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awsClients } from '../aws-clients.ts';
import { type DeployedStack, recordedEnv, withCloud } from '../harness.ts';
import { startRecorder } from '../recorder.ts';

/* An AWS session that expires during a command: the error, and that the next run completes the work. */

/** Calls after which the session has expired, from the plan of a change to its last event. */
const DURING_DEPLOY = [
  'cloudformation:CreateChangeSet',
  'cloudformation:DescribeChangeSet',
  'cloudformation:ExecuteChangeSet',
  'cloudformation:DescribeStackEvents',
];
/** From the first object to the edge function, which is deleted last. */
const DURING_DESTROY = [
  's3:ListBucketVersions',
  's3:DeleteObjectVersion',
  'cloudformation:DeleteStack',
  'cloudformation:DescribeStackEvents',
  'lambda:DeleteFunction',
];

test('names an expired session in the middle of a deploy or a destroy, and continues in the next run', async (t) => {
  await withCloud(async (computer, cloud) => {
    let last: string | undefined;
    let hasExpired = false;
    const expires = (action: string) => {
      const was = hasExpired;
      hasExpired ||= action === last;
      return was;
    };
    const recorder = await startRecorder(cloud, undefined, undefined, expires);
    t.after(() => recorder.close());
    const env = recordedEnv(computer, cloud, recorder);
    /** Runs a command whose session expires after a call. */
    const expired = async (args: readonly string[], after: string) => {
      last = after;
      const { code, stdout, stderr } = await computer.run(args, { env });
      assert.ok(hasExpired, `${args[0]} does not call ${after}`);
      last = undefined;
      hasExpired = false;
      assert.equal(code, 8, `${after}: ${stdout}${stderr}`);
      assert.match(stderr, /security token included in the request is expired/, after);
      assert.match(stderr, /Sign in to AWS again, then run the same command\..*\n +aws sso login/, after);
      // The next call follows the operation, which does not need the session.
      if (after === 'cloudformation:ExecuteChangeSet') assert.match(stderr, /CloudFormation continues\./);
    };
    for (const after of DURING_DEPLOY) await expired(['deploy', '--yes'], after);
    const { outputs } = await computer.json<DeployedStack>(['deploy', '--yes'], { env });
    for (const [at, after] of DURING_DEPLOY.entries())
      await expired(['deploy', '--yes', '--max-size', `${at + 1}G`], after);
    const deployed = await computer.json<DeployedStack>(['deploy', '--yes', '--max-size', '9G'], { env });
    assert.equal(deployed.outcome, 'changed');

    const { s3, cloudformation } = awsClients(t, cloud);
    const Bucket = outputs.S3BucketName;
    for (const Key of ['a', 'b']) await s3.putObject({ Bucket, Key, Body: 'x' });
    for (const after of DURING_DESTROY) await expired(['destroy', '--yes'], after);
    const destroyed = await computer.run(['destroy', '--yes'], { env });
    assert.equal(destroyed.code, 0, destroyed.stderr);
    await assert.rejects(cloudformation.describeStacks({ StackName: 'edge-upload' }), /does not exist/);
    await assert.rejects(s3.headBucket({ Bucket }), { name: 'NotFound' });
    const again = await computer.json<{ outcome: string }>(['destroy', '--yes'], { env });
    assert.equal(again.outcome, 'nothing');
  });
});
