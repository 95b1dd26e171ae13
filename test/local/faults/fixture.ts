import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3 } from '@aws-sdk/client-s3';
import { openCloud } from '../../../local/cloud.ts';
import { createControl, newControlSecrets } from '../../../local/control.ts';
import type { Faults } from '../../../local/faults.ts';
import { clientOptions } from '../../support/serve.ts';

/** Opens a complete embedded cloud with faults, its control endpoint, and clients that do not retry. */
export async function openFaultyCloud(t: Pick<TestContext, 'after'>, faults: Faults = {}) {
  const dataDir = mkdtempSync(join(tmpdir(), 'faults-'));
  const defects: unknown[] = [];
  const clock = { ahead: 0 };
  const secrets = newControlSecrets();
  const control = createControl({
    secrets,
    describe: () => ({ well: true }),
    isolation: () => 'none',
    faults,
  });
  const cloud = await openCloud({
    dataDir,
    port: 0,
    now: () => new Date(Date.now() + clock.ahead),
    wellKnownKeys: true,
    faults,
    control,
    onDefect: (error) => defects.push(error),
  });
  const { endpoint } = cloud;
  const options = clientOptions(endpoint);
  const cfn = new CloudFormation(options);
  const s3 = new S3({ ...options, forcePathStyle: true });
  const lambda = new LambdaClient(options);
  t.after(async () => {
    for (const client of [cfn, s3, lambda]) client.destroy();
    await cloud.close();
    rmSync(dataDir, { recursive: true, force: true });
    if (defects.length > 0) throw defects[0];
  });
  return {
    cloud,
    endpoint,
    secrets,
    faults,
    /** Milliseconds by which the cloud's clock is ahead. Signatures allow five minutes. */
    clock,
    cfn,
    s3,
    lambda,
  };
}

/** Template of a stack with only a bucket. */
export const BUCKET_STACK = JSON.stringify({ Resources: { Bucket: { Type: 'AWS::S3::Bucket' } } });
