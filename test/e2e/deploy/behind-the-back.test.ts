import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CognitoIdentityProvider } from '@aws-sdk/client-cognito-identity-provider';
import { clientConfig, type DeployedStack, setFaults, WITH_FAULTS, withCloud } from '../harness.ts';

/* What an operator reads whose resources or permissions somebody took away. */

test('names a user pool deleted outside edge-upload, with commands that replace it', async () => {
  await withCloud(async (computer, cloud) => {
    const { outputs } = await computer.json<DeployedStack>(['deploy', '--local', '--yes']);
    const cognito = new CognitoIdentityProvider(clientConfig(cloud));
    await cognito.deleteUserPool({ UserPoolId: outputs.CognitoUserPoolId });
    const REPLACE =
      /^ +edge-upload deploy --no-user-pool --allow-data-loss .*\n +edge-upload deploy --user-pool /m;
    const status = await computer.run(['status']);
    assert.equal(status.code, 0, status.stderr);
    assert.match(status.stdout, /^user pool +\S+: gone, deleted outside edge-upload$/m);
    assert.match(status.stdout, REPLACE);
    for (const args of [
      ['deploy', '--local', '--yes'],
      ['user', 'list'],
    ]) {
      const { code, stderr } = await computer.run(args);
      assert.notEqual(code, 0, args.join(' '));
      assert.match(stderr, REPLACE);
    }
    await computer.json(['deploy', '--local', '--yes', '--no-user-pool', '--allow-data-loss']);
    await computer.json(['deploy', '--local', '--yes', '--user-pool']);
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
