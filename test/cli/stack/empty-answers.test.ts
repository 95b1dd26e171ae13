import assert from 'node:assert/strict';
import { test } from 'node:test';
import { S3Client } from '@aws-sdk/client-s3';
import { existingKeys } from '../../../cli/links/ledger.ts';
import { refuseBucket } from '../../../cli/stack/checks/bucket.ts';
import type { FoundStack } from '../../../cli/stack/find-stack.ts';
import { listen } from '../../support/serve.ts';
import { withCode } from '../transfer/helpers/uploading.ts';
import { workAt } from './world.ts';

/** The error for each status of a response without a body. No response to a HEAD request has one. */
const EXPECTED = [
  [301, 'aws', /HTTP 301 redirects/, /AWS_ENDPOINT_URL/],
  [400, 'aws', /HTTP 400 without a reason/, /expired.*\n +aws sts get-caller-identity/s],
  [403, 'access_denied', /HTTP 403: the permission s3:\w+ is missing/, /edge-upload policy/],
  [412, 'aws', /HTTP 412 without a reason/, /proxy.*AWS_ENDPOINT_URL/s],
  [429, 'throttled', /HTTP 429 without a reason/, /in a minute/],
  [500, 'throttled', /HTTP 500 without a reason/, /in a minute/],
  [503, 'throttled', /HTTP 503 without a reason/, /in a minute/],
  [507, 'aws', /HTTP 507: the disk of the embedded cloud is full/, /edge-upload local status/],
  [511, 'aws', /HTTP 511 without a reason/, /sign-in page of a network/],
] as const;

test('explains each status of a response without a body', async (t) => {
  let status = 200;
  const endpoint = await listen(t, (_request, response) => void response.writeHead(status).end());
  const { work: retrying } = await workAt(t, endpoint);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  // Does not retry: for some statuses, retries take minutes.
  const s3 = new S3Client({
    endpoint,
    region: 'us-east-1',
    credentials,
    forcePathStyle: true,
    maxAttempts: 1,
  });
  t.after(() => s3.destroy());
  const work = { ...retrying, clients: { ...retrying.clients, s3 } };
  const stack = { outputs: { bucket: 'bucket' } } as unknown as FoundStack;
  const asked = () => refuseBucket(work, stack, {});
  const looked = () => existingKeys(work, 'bucket', ['a']);
  for (const [code, name, message, hint] of EXPECTED) {
    status = code;
    await assert.rejects(asked, withCode(name, message, hint), `bucket, ${code}`);
    await assert.rejects(looked, withCode(name, message, hint), `object, ${code}`);
  }
  status = 404;
  await assert.rejects(asked, withCode('stack_failed', /was deleted outside edge-upload/, /--bucket-name/));
  assert.equal((await looked()).size, 0);
});
