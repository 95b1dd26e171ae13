import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { clientConfig, signIn, withCloud } from '../harness.ts';

test('status and logs set the expiry of log groups that appeared after the deploy', async (t) => {
  await withCloud(async (computer, cloud) => {
    const logs = new CloudWatchLogs(clientConfig(cloud));
    t.after(() => logs.destroy());
    const group = async () => {
      const { logGroups = [] } = await logs.describeLogGroups({ logGroupNamePrefix: '/aws/lambda/' });
      return logGroups[0];
    };
    await computer.json(['deploy', '--local', '--yes']);
    await signIn(computer);
    await writeFile(join(computer.home, 'a.txt'), 'a');
    assert.equal((await computer.run(['put', 'a.txt'])).code, 0);
    const first = await group();
    assert.ok(first?.logGroupName !== undefined);
    assert.equal(first.retentionInDays, undefined);
    for (const args of [['status'], ['logs']]) {
      const { code, stderr } = await computer.run(args);
      assert.equal(code, 0, stderr);
      assert.equal((await group())?.retentionInDays, 90, args[0]);
      await logs.deleteRetentionPolicy({ logGroupName: first.logGroupName });
    }
  });
});
