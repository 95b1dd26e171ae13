import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kill } from 'node:process';
import { test } from 'node:test';
import {
  type DeployedStack,
  exitCode,
  type LocalStatus,
  setFaults,
  signIn,
  until,
  WITH_FAULTS,
  withCloud,
  withCloudProcess,
} from '../harness.ts';

/** Every resource takes some time, so that operations can be interrupted. */
const SLOW = { EDGE_UPLOAD_LOCAL_FAULTS: JSON.stringify({ resourceDelayMs: 150 }) };

/** Like SLOW, for operations that continue while a command is started again. */
const VERY_SLOW = { EDGE_UPLOAD_LOCAL_FAULTS: JSON.stringify({ resourceDelayMs: 1000 }) };

/** Each deploy is killed twice: during the identity half, and during the rest. */
const MOMENTS = [
  ['bucket created', 'edge function created'],
  ['stack created', 'edge function version created'],
] as const;

test('resumes the operation of a cloud killed in the middle of a deploy', async (t) => {
  for (const moments of MOMENTS) {
    await t.test(`killed after “${moments.join('” and “')}”`, async () => {
      await withCloudProcess(async (computer, cloud) => {
        let { pid } = cloud;
        for (const moment of moments) {
          const deploy = await until(computer, ['deploy', '--local'], moment);
          kill(pid, 'SIGKILL');
          assert.notEqual(await exitCode(deploy), 0, 'a deploy fails when its cloud is killed');
          ({ pid } = await computer.json<LocalStatus>(['local', 'start']));
        }
        const { outputs } = await computer.json<DeployedStack>(['deploy', '--local']);
        assert.match(outputs.S3BucketName, /^edge-upload-/);
        await signIn(computer);
        await writeFile(join(computer.home, 'a.txt'), 'a');
        assert.equal((await computer.run(['put', 'a.txt'])).code, 0, 'the edge accepts an upload');
        assert.equal((await computer.run(['destroy', '--yes'])).code, 0);
      }, SLOW);
    });
  }
});

test('reaches the same state with repeated kills of deploy and destroy as without', async () => {
  await withCloud(async (computer) => {
    for (const moment of ['Planning bucket', 'user pool created', 'edge function created', 'Waiting until']) {
      // On a slow computer, the stack has passed this moment when the previous command is killed.
      const deploy = await until(computer, ['deploy', '--local'], moment, 'Waiting until');
      deploy.kill('SIGKILL');
      await exitCode(deploy);
    }
    assert.equal((await computer.run(['deploy', '--local'])).code, 0);
    const { differing } = await computer.json<{ differing: string[] }>(['status']);
    assert.deepEqual(differing, []);
    // The operation continues without the command. Each run finds it further advanced, or complete.
    const counted = await until(computer, ['destroy', '--yes'], 'Counting');
    counted.kill('SIGKILL');
    await exitCode(counted);
    const deleting = await until(computer, ['destroy', '--yes'], ' deleted');
    deleting.kill('SIGKILL');
    await exitCode(deleting);
    const last = await computer.run(['destroy', '--yes']);
    assert.equal(last.code, 0, last.stderr);
    assert.match(last.stdout, /nothing of it is left/);
    assert.equal((await computer.json<{ outcome: string }>(['destroy', '--yes'])).outcome, 'nothing');
  }, VERY_SLOW);
});

test('exits with 130 at Ctrl-C in deploy and destroy; the next run completes', async () => {
  await withCloud(async (computer) => {
    for (const moment of ['user pool created', 'edge function created']) {
      const deploy = await until(computer, ['deploy', '--local'], moment);
      deploy.kill('SIGINT');
      assert.equal(await exitCode(deploy), 130, moment);
    }
    assert.equal((await computer.run(['deploy', '--local'])).code, 0);
    await signIn(computer);
    await writeFile(join(computer.home, 'a.txt'), 'a');
    assert.equal((await computer.run(['put', 'a.txt'])).code, 0);

    const destroy = await until(computer, ['destroy', '--yes'], 'Deleting the stack');
    destroy.kill('SIGINT');
    assert.equal(await exitCode(destroy), 130);
    const second = await computer.run(['destroy', '--yes']);
    assert.equal(second.code, 0, second.stderr);
    assert.match(second.stdout, /nothing of it is left/);
  }, SLOW);
});

test('waits for replicas in destroy, stops there at Ctrl-C, and completes next time', async () => {
  await withCloud(
    async (computer, cloud) => {
      await computer.json(['deploy', '--local']);
      const waiting = await until(computer, ['destroy', '--yes'], 'Removing the edge function');
      waiting.kill('SIGINT');
      assert.equal(await exitCode(waiting), 130);
      const patient = await until(computer, ['destroy', '--yes', '--json'], 'Removing the edge function');
      await setFaults(cloud, {});
      assert.equal(await exitCode(patient), 0);
      const second = JSON.parse(await patient.output) as { outcome: string; functions: string[] };
      assert.equal(second.outcome, 'destroyed');
      assert.equal(second.functions.length, 1);
      assert.equal((await computer.json<{ outcome: string }>(['destroy', '--yes'])).outcome, 'nothing');
    },
    { EDGE_UPLOAD_LOCAL_FAULTS: JSON.stringify({ replicasHeldMs: 3_600_000 }) },
  );
});

test('names a failed resource with its reason, and repairs it at the next deploy', async () => {
  await withCloudProcess(
    async (computer) => {
      const failed = await computer.run(['deploy', '--local']);
      assert.equal(failed.code, 8);
      assert.match(failed.stderr, /error: .*CloudFront distribution.*no more distributions in this account/s);
      assert.match(
        failed.stderr,
        /continue from the current state:\n +edge-upload deploy --local --stack-name edge-upload/,
      );
      await computer.run(['local', 'stop']);
      await computer.run(['local', 'start'], { env: { EDGE_UPLOAD_LOCAL_FAULTS: '' } });
      assert.equal((await computer.run(['deploy', '--local'])).code, 0);
    },
    {
      EDGE_UPLOAD_LOCAL_FAULTS: JSON.stringify({
        failingResources: { Distribution830FAC52: 'no more distributions in this account' },
      }),
    },
  );
});

test('leads from a deletion that failed to its end, and creates no link meanwhile', async () => {
  const failing = { failingResources: { Distribution830FAC52: { delete: 'still in use' } } };
  await withCloud(async (computer, cloud) => {
    await computer.json(['deploy', '--local']);
    await computer.json(['link', 'create', '--yes']);
    await setFaults(cloud, failing);
    assert.equal((await computer.run(['destroy', '--yes'])).code, 8);
    for (const args of [
      ['deploy', '--local'],
      ['link', 'create'],
      ['key', 'create', 'roof', '--write-to', 'a/'],
    ]) {
      const refused = await computer.run(args);
      assert.equal(refused.code, 8, args.join(' '));
      assert.match(refused.stderr, /DELETE_FAILED.*\n +edge-upload destroy --local/s, args.join(' '));
    }
    const { stdout } = await computer.run(['status']);
    assert.match(stdout, /Finish the deletion:\n +edge-upload destroy --local/);
    await setFaults(cloud, {});
    const last = await computer.run(['destroy', '--yes']);
    assert.equal(last.code, 0, last.stderr);
  }, WITH_FAULTS);
});
