import assert from 'node:assert/strict';
import { test } from 'node:test';
import { S3 } from '@aws-sdk/client-s3';
import { Agent, request } from 'undici';
import { sign } from '../../local/auth/sigv4.ts';
import {
  clientConfig,
  type DeployedStack,
  exitCode,
  type LocalStatus,
  setFaults,
  until,
  WITH_FAULTS,
  withCloudProcess,
} from '../e2e/harness.ts';
import { s3Signing } from '../support/s3-signature.ts';

/** Stores one small object directly in S3, which is the fastest way to fill a bucket. */
async function put(agent: Agent, cloud: LocalStatus, path: string): Promise<void> {
  const { endpoint } = cloud;
  const host = new URL(endpoint).host;
  const headers = { host, 'content-length': '1' };
  const signed = sign({ method: 'PUT', path, query: '', headers }, s3Signing(cloud));
  const { statusCode, body } = await request(`${endpoint}${path}`, {
    method: 'PUT',
    body: 'x',
    headers: { ...headers, ...signed },
    dispatcher: agent,
  });
  await body.dump();
  assert.equal(statusCode, 200);
}

const OBJECTS = 10_000;

test('empties 20,000 versions, interrupted and killed, while S3 is busy', async (t) => {
  await withCloudProcess(async (computer, cloud) => {
    const { outputs } = await computer.json<DeployedStack>(['deploy', '--local', '--versioning']);
    const s3 = new S3(clientConfig(cloud));
    const agent = new Agent({ connections: 16 });
    t.after(() => s3.destroy());
    t.after(() => agent.close());
    let next = 0;
    const started = Date.now();
    const writer = async () => {
      // Two versions of each object: a current and a noncurrent one.
      for (let index = next++; index < 2 * OBJECTS; index = next++) {
        await put(agent, cloud, `/${outputs.S3BucketName}/${index % OBJECTS}.txt`);
      }
    };
    await Promise.all(Array.from({ length: 16 }, writer));
    t.diagnostic(`filled in ${Date.now() - started} ms`);
    await setFaults(cloud, {
      throttling: {
        's3:DeleteObjects': { calls: 2, share: 0.05, seed: 1 },
        's3:DeleteObjects.Key': { share: 0.01, seed: 2 },
      },
      lateWriter: { objects: 40 },
    });
    const emptied = Date.now();
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGKILL', null],
    ] as const) {
      const destroying = await until(computer, ['destroy', '--yes'], 'Emptying the bucket');
      destroying.kill(signal);
      assert.equal(await exitCode(destroying), code);
    }
    const destroyed = await computer.run(['destroy', '--yes']);
    t.diagnostic(`destroyed in ${Date.now() - emptied} ms`);
    assert.equal(destroyed.code, 0, destroyed.stderr);
    assert.match(destroyed.stdout, /nothing of it is left/);
    const { Buckets } = await s3.listBuckets();
    assert.deepEqual(Buckets, []);
  }, WITH_FAULTS);
});
