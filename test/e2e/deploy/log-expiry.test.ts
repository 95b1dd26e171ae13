import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { clientConfig, setFaults, signIn, WITH_FAULTS, withCloud } from '../harness.ts';

const DEPLOY = ['deploy', '--local', '--yes'];

test('deploy sets the expiry of log groups without one, also of a new edge; other commands change none', async (t) => {
  await withCloud(async (computer, cloud) => {
    const logs = new CloudWatchLogs(clientConfig(cloud));
    t.after(() => logs.destroy());
    const group = async () => {
      const { logGroups = [] } = await logs.describeLogGroups({ logGroupNamePrefix: '/aws/lambda/' });
      return logGroups[0];
    };
    const run = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await computer.run(args);
      assert.equal(code, 0, stdout + stderr);
      return { stdout, stderr };
    };
    const expires = async () => {
      const { stdout, stderr } = await run('doctor');
      assert.match(stdout, /^ok +logs +expire after 90 days in us-east-1$/m);
      assert.doesNotMatch(stderr, /expire/);
    };
    await run(...DEPLOY);
    await expires();
    await signIn(computer);
    await writeFile(join(computer.home, 'a.txt'), 'a');
    await run('put', 'a.txt');
    const logGroupName = (await group())?.logGroupName;
    assert.ok(logGroupName !== undefined);
    await logs.deleteRetentionPolicy({ logGroupName });
    const doctor = await run('doctor');
    assert.match(doctor.stdout, /^ok +logs +no expiry in us-east-1$/m);
    assert.match(doctor.stderr, /never expire in us-east-1\. .*\n +edge-upload deploy --local/);
    for (const [args, days] of [
      [['status'], undefined],
      [['logs'], undefined],
      [DEPLOY, 90],
    ] as const) {
      await run(...args);
      assert.equal((await group())?.retentionInDays, days, args[0]);
    }
    await expires();

    await t.test('an expiry that an operator has set is kept', async () => {
      for (const days of [365, 7]) {
        await logs.putRetentionPolicy({ logGroupName, retentionInDays: days });
        await run(...DEPLOY, '--max-size', `${days}M`);
        assert.equal((await group())?.retentionInDays, days);
        assert.match((await run('doctor')).stdout, new RegExp(`expire after ${days} days in us-east-1`));
      }
    });

    await t.test('without permission, nothing is set and the action is named', async () => {
      await logs.deleteRetentionPolicy({ logGroupName });
      for (const [denied, regions] of [
        ['logs:PutRetentionPolicy', 'us-east-1'],
        ['logs:DescribeLogGroups', 'any region'],
      ] as const) {
        await setFaults(cloud, { operator: { denied: [denied] } });
        const { stderr } = await run(...DEPLOY);
        assert.ok(
          stderr.includes(`No expiry of the edge's logs was set in ${regions}: ${denied} is`),
          stderr,
        );
      }
      assert.match((await run('doctor')).stdout, /^- +logs +not allowed in any region/m);
      await setFaults(cloud, {});
      assert.equal((await group())?.retentionInDays, undefined);
    });
  }, WITH_FAULTS);
});
