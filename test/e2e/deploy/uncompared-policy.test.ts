import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { S3 } from '@aws-sdk/client-s3';
import { clientConfig, type DeployedStack, setFaults, signIn, WITH_FAULTS, withCloud } from '../harness.ts';

/* See test/e2e/deploy/behind-the-back.test.ts for a CloudFormation that compares bucket policies. */

test('restores a bucket policy that CloudFormation does not compare', async (t) => {
  await withCloud(async (computer, cloud) => {
    const { outputs } = await computer.json<DeployedStack>(['deploy', '--local', '--yes']);
    const { S3BucketName: Bucket } = outputs;
    await signIn(computer);
    await writeFile(join(computer.home, 'a.txt'), 'a');
    await setFaults(cloud, { uncomparedTypes: ['AWS::S3::BucketPolicy'] });
    const s3 = new S3({ ...clientConfig(cloud), forcePathStyle: true });
    t.after(() => s3.destroy());
    const { Policy: deployed = '' } = await s3.getBucketPolicy({ Bucket });
    const policy = async () => JSON.parse((await s3.getBucketPolicy({ Bucket })).Policy ?? '');
    assert.equal((await computer.run(['doctor'])).code, 0);
    const revert = ['deploy', '--local', '--revert-drift'];
    const { outcome } = await computer.json<DeployedStack>([...revert, '--yes']);
    assert.equal(outcome, 'unchanged');

    const { Statement, ...rest } = JSON.parse(deployed);
    const denial = {
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: `arn:aws:s3:::${Bucket}/*`,
    };
    const changed = JSON.stringify({ ...rest, Statement: [...Statement, denial] });
    for (const [name, change, found, planned] of [
      ['deleted', () => s3.deleteBucketPolicy({ Bucket }), 'deleted', /^ +\+ add +bucket policy$/m],
      [
        'changed',
        () => s3.putBucketPolicy({ Bucket, Policy: changed }),
        'access rules',
        /^ +~ change +bucket policy \(access rules\)$/m,
      ],
    ] as const) {
      await t.test(name, async () => {
        await change();
        const doctor = await computer.run(['doctor']);
        assert.equal(doctor.code, 8, doctor.stdout);
        assert.ok(
          doctor.stdout.includes(`Changed outside edge-upload: bucket policy (${found}).`),
          doctor.stdout,
        );
        const shown = await computer.run([...revert, '--dry-run']);
        assert.equal(shown.code, 0, shown.stderr);
        assert.match(shown.stdout, planned);
        assert.notEqual((await computer.run(['doctor'])).code, 0, 'a dry run changes nothing');
        const restored = await computer.json<DeployedStack>([...revert, '--yes']);
        assert.equal(restored.outcome, 'changed');
        assert.deepEqual(await policy(), JSON.parse(deployed));
        assert.equal((await computer.run(['doctor'])).code, 0);
        assert.equal((await computer.run(['put', 'a.txt'])).code, 0);
      });
    }

    await t.test('together with a change of CloudFormation’s', async () => {
      await s3.deleteBucketPolicy({ Bucket });
      const both = await computer.run([...revert, '--yes', '--max-size', '1G']);
      assert.equal(both.code, 0, both.stderr);
      assert.match(both.stderr, /\+ add +bucket policy/);
      assert.match(both.stderr, /~ change +edge function/);
      assert.deepEqual(await policy(), JSON.parse(deployed));
    });
  }, WITH_FAULTS);
});
