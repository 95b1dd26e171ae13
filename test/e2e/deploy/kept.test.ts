import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { awsClients } from '../aws-clients.ts';
import { type DeployedStack, signIn, withCloud } from '../harness.ts';

interface Destroyed {
  readonly outcome: string;
  readonly kept: readonly { readonly type: string; readonly name: string }[];
  readonly deleted: readonly { readonly type: string; readonly name: string }[];
}

test('lists a kept bucket, adopts it with its objects, and deletes it on request', async () => {
  await withCloud(async (computer) => {
    const { outputs } = await computer.json<DeployedStack>(['deploy', '--local']);
    const bucket = outputs.S3BucketName;
    await signIn(computer);
    await writeFile(join(computer.home, 'a.txt'), 'kept');
    assert.equal((await computer.run(['put', 'a.txt'])).code, 0);
    const asked = await computer.run(['destroy', '--keep-data', '--no-wait', '--local']);
    assert.equal(asked.code, 2);
    const command = /\n +edge-upload destroy --keep-data --no-wait --local --yes --stack-name edge-upload\n/;
    assert.match(asked.stderr, command, 'the suggested command has all typed flags');
    const first = await computer.json<Destroyed>(['destroy', '--yes', '--keep-data']);
    assert.deepEqual(first.kept, [{ type: 'bucket', name: bucket }]);

    const again = await computer.run(['destroy', '--yes']);
    assert.match(again.stdout, new RegExp(`Kept: the bucket ${bucket} \\(1 object, 4 B\\)`));
    assert.match(again.stdout, /\n +edge-upload destroy --delete-kept --local --stack-name edge-upload\n/);
    assert.match((await computer.run(['status'])).stdout, new RegExp(`Kept: the bucket ${bucket}`));
    const offered = await computer.run(['deploy', '--local', '--dry-run']);
    assert.match(
      offered.stderr,
      new RegExp(`\\n +edge-upload deploy --bucket-name ${bucket} --local --stack-name edge-upload\\n`),
    );

    const plan = await computer.run(['deploy', '--local', '--dry-run', '--bucket-name', bucket]);
    assert.match(plan.stdout, /\+ adopt +bucket/);
    const adopted = await computer.json<DeployedStack>(['deploy', '--local', '--bucket-name', bucket]);
    assert.equal(adopted.outputs.S3BucketName, bucket);
    assert.equal((await computer.json<{ outcome: string }>(['deploy', '--local'])).outcome, 'unchanged');
    await signIn(computer);
    assert.equal(
      (await computer.run(['get', 'a.txt', '--as', 'b.txt'])).code,
      0,
      'earlier objects are still in the bucket',
    );
    assert.equal((await computer.run(['put', 'b.txt'])).code, 0, 'the edge writes to the bucket');
    const { kept } = await computer.json<{ kept: object[] }>(['status']);
    assert.deepEqual(kept, [], 'it is the stack’s own now');

    const second = await computer.json<Destroyed>(['destroy', '--yes']);
    assert.deepEqual(second.kept, [{ type: 'bucket', name: bucket }], 'an adopted bucket stays');
    const unsure = await computer.run(['destroy', '--delete-kept']);
    assert.equal(unsure.code, 2);
    assert.match(unsure.stderr, /\n +edge-upload destroy .*--delete-kept.*--yes/);
    const { stdout, stderr } = await computer.run(['destroy', '--yes', '--delete-kept', '--json']);
    assert.equal(stderr.match(/^Counting objects/gm)?.length, 1, stderr);
    const last = JSON.parse(stdout) as Destroyed;
    assert.deepEqual([last.kept, last.deleted], [[], [{ type: 'bucket', name: bucket }]]);
    assert.equal((await computer.json<Destroyed>(['destroy', '--yes'])).outcome, 'nothing');
  });
});

test('--delete-kept deletes what --retain-data keeps; log buckets are not for uploads', async (t) => {
  await withCloud(async (computer) => {
    await t.test('a pool and a bucket, with the stack and after it', async () => {
      const { outputs } = await computer.json<DeployedStack>(['deploy', '--local', '--retain-data']);
      const kept = [
        { type: 'bucket', name: outputs.S3BucketName },
        { type: 'user pool', name: outputs.CognitoUserPoolId },
      ];
      const both = await computer.run(['destroy', '--yes', '--keep-data', '--delete-kept']);
      assert.equal(both.code, 2);
      assert.deepEqual((await computer.json<Destroyed>(['destroy', '--yes'])).kept, kept);
      await computer.json<DeployedStack>(['deploy', '--local', '--retain-data']);
      const { deleted } = await computer.json<Destroyed>(['destroy', '--yes', '--delete-kept']);
      assert.equal(deleted.length, 4, 'resources of both stacks');
    });

    await t.test('a log bucket', async () => {
      await computer.json<DeployedStack>(['deploy', '--local', '--access-logs']);
      const { kept } = await computer.json<Destroyed>(['destroy', '--yes', '--keep-data']);
      assert.deepEqual(kept.map(({ type }) => type).sort(), ['bucket', 'log bucket']);
      const { stderr } = await computer.run(['deploy', '--local', '--dry-run']);
      assert.equal(stderr.match(/--bucket-name/g)?.length, 1, stderr);
      const { deleted } = await computer.json<Destroyed>(['destroy', '--yes', '--delete-kept']);
      assert.equal(deleted.length, 2);
    });
  });
});

test('requires retained data for an import, and keeps the bucket if it fails', async (t) => {
  await withCloud(async (_computer, cloud) => {
    const { cloudformation, s3 } = awsClients(t, cloud);
    await s3.createBucket({ Bucket: 'there-already' });
    const changeSet = (name: string, DeletionPolicy: string, more: object = {}) => {
      const Bucket = { Type: 'AWS::S3::Bucket', DeletionPolicy, Properties: { BucketName: 'there-already' } };
      return cloudformation.createChangeSet({
        StackName: name,
        ChangeSetName: 'import',
        ChangeSetType: 'CREATE',
        ImportExistingResources: true,
        TemplateBody: JSON.stringify({ Resources: { Bucket, ...more } }),
      });
    };
    await assert.rejects(changeSet('deleting', 'Delete'), /DeletionPolicy attribute set to 'Retain'/);
    const Policy = {
      Type: 'AWS::S3::BucketPolicy',
      DependsOn: 'Bucket',
      Properties: {
        Bucket: 'no-such-bucket-at-all',
        PolicyDocument: { Version: '2012-10-17', Statement: [] },
      },
    };
    const { Id } = await changeSet('failing', 'RetainExceptOnCreate', { Policy });
    await cloudformation.executeChangeSet({ ChangeSetName: Id });
    for (;;) {
      const { Stacks } = await cloudformation.describeStacks({ StackName: 'failing' });
      if (Stacks?.[0]?.StackStatus === 'ROLLBACK_COMPLETE') break;
      assert.match(Stacks?.[0]?.StackStatus ?? '', /IN_PROGRESS$/);
    }
    await s3.headBucket({ Bucket: 'there-already' });
  });
});

test('reports a bucket deleted by hand in each command, and replaces it', async (t) => {
  await withCloud(async (computer, cloud) => {
    const { s3 } = awsClients(t, cloud);
    const { outputs } = await computer.json<DeployedStack>(['deploy', '--local']);
    await s3.deleteBucket({ Bucket: outputs.S3BucketName });
    for (const args of [['deploy', '--local'], ['status'], ['ls'], ['get', 'a'], ['doctor']]) {
      const { code, stdout, stderr } = await computer.run(args);
      assert.equal(code, args[0] === 'status' ? 0 : 8, args.join(' '));
      const said = stdout + stderr;
      assert.match(said, /deleted outside edge-upload/, said);
      assert.match(
        said,
        /\n +edge-upload deploy --bucket-name <name> --local --stack-name edge-upload\n/,
        said,
      );
    }
    const named = ['deploy', '--local', '--bucket-name', 'another-bucket', '--yes'];
    const { outputs: now } = await computer.json<DeployedStack>(named);
    assert.equal(now.S3BucketName, 'another-bucket');
    await signIn(computer);
    await writeFile(join(computer.home, 'a.txt'), 'a');
    assert.equal((await computer.run(['put', 'a.txt'])).code, 0);
    assert.equal((await computer.run(['destroy', '--yes', '--delete-kept'])).code, 0);
  });
});
