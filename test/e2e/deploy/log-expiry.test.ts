import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { clientConfig, signIn, withCloud } from '../harness.ts';

test('the next deploy sets the expiry of log groups that appeared after the first; status and logs change nothing', async (t) => {
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
    for (const [args, days] of [
      [['status'], undefined],
      [['logs'], undefined],
      [['deploy', '--local', '--yes'], 90],
    ] as const) {
      const { code, stderr } = await computer.run(args);
      assert.equal(code, 0, stderr);
      assert.equal((await group())?.retentionInDays, days, args[0]);
    }
  });
});
