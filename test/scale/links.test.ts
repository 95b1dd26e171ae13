import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { forEachAtOnce } from '../../cli/transfer/pacing/pool.ts';
import { awsClients } from '../e2e/aws-clients.ts';
import { CLI, type DeployedStack, withCloudProcess } from '../e2e/harness.ts';
import { peakOf } from '../support/peak-memory.ts';

/** The entries that the list shows, and some more. */
const READ = 10_000;
const OLDER = 40;
const LIMIT_BYTES = 400 * 1024 ** 2;

test('lists 10,000 keys in bounded memory, newest first', {
  skip: existsSync('/proc/self/status') ? false : 'peak memory is read from /proc, which is not here',
}, async (t) => {
  await withCloudProcess(async (computer, cloud) => {
    const { outputs } = await computer.json<DeployedStack>(['deploy', '--local']);
    const { s3 } = awsClients(t, cloud);
    const secondOf = (at: number) => `${new Date(1.79e12 + at * 1000).toISOString().slice(0, 19)}Z`;
    const put = async (at: number) => {
      const id = `k${String(at).padStart(7, '0')}`;
      const entry = {
        ...{ id, kind: 'key', name: `sensor-${at}`, prefix: `sensors/sensor-${at}/` },
        ...{ createdAt: secondOf(at), expiresAt: '2999-01-01T00:00:00Z' },
        ...{ createdBy: 'arn:aws:iam::123456789012:user/ada', kid: 'kid' },
      };
      const Key = `.well-known/edge-upload/tokens/key/${id}.json`;
      await s3.putObject({ Bucket: outputs.S3BucketName, Key, Body: JSON.stringify(entry) });
    };
    const written = performance.now();
    await forEachAtOnce(Array(READ + OLDER).keys(), 16, put);
    t.diagnostic(`writing took ${Math.round(performance.now() - written)} ms`);
    const began = performance.now();
    const args = [CLI, 'key', 'list', '--json'];
    const listed = await peakOf(process.execPath, args, { env: computer.env, cwd: computer.home });
    const seconds = (performance.now() - began) / 1000;
    assert.equal(listed.code, 0, listed.stderr);
    const { keys, omitted } = JSON.parse(listed.stdout) as { keys: { id: string }[]; omitted: number };
    assert.equal(keys.length, READ, listed.stderr.slice(0, 1000));
    assert.equal(omitted, OLDER);
    assert.equal(keys[0]?.id, `k${String(READ + OLDER - 1).padStart(7, '0')}`);
    assert.ok(listed.peakBytes > 0 && listed.peakBytes < LIMIT_BYTES, `${listed.peakBytes} bytes`);
    t.diagnostic(`listing took ${seconds.toFixed(1)} s and ${Math.round(listed.peakBytes / 1024 ** 2)} MiB`);
  });
});
