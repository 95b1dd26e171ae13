import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetFunctionCommand, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { BUCKET_STACK, openFaultyCloud } from './fixture.ts';

/** The error's name and status. */
async function refusal(call: Promise<unknown>): Promise<[string, number] | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (!(error instanceof Error && '$metadata' in error)) throw error;
    const { httpStatusCode } = error.$metadata as { httpStatusCode: number };
    return [error.name, httpStatusCode];
  }
}

test('throttles the next calls of an operation or service in its words', async (t) => {
  const { cfn, s3, lambda } = await openFaultyCloud(t, {
    throttling: {
      'cloudformation:DescribeStacks': { calls: 2 },
      'lambda:*': { calls: 1 },
      's3:*': { calls: 1 },
    },
  });
  for (let call = 0; call < 2; call += 1) {
    await assert.rejects(cfn.describeStacks({}), { name: 'Throttling', message: 'Rate exceeded' });
  }
  assert.deepEqual((await cfn.listStacks({})).StackSummaries, []);
  assert.deepEqual((await cfn.describeStacks({})).Stacks, []);
  assert.deepEqual(await refusal(lambda.send(new ListFunctionsCommand({}))), [
    'TooManyRequestsException',
    429,
  ]);
  assert.deepEqual(await refusal(lambda.send(new GetFunctionCommand({ FunctionName: 'none' }))), [
    'ResourceNotFoundException',
    404,
  ]);
  assert.deepEqual(await refusal(s3.listBuckets({})), ['SlowDown', 503]);
  assert.equal(await refusal(s3.listBuckets({})), undefined);
});

test('throttles a share of the calls, the same for the same seed', async (t) => {
  const { cfn, faults } = await openFaultyCloud(t);
  const throttled = async (seed: number) => {
    faults.throttling = { 'cloudformation:ListStacks': { share: 0.5, seed } };
    const answers: boolean[] = [];
    for (let call = 0; call < 20; call += 1) {
      answers.push((await refusal(cfn.listStacks({}))) !== undefined);
    }
    return answers;
  };
  const first = await throttled(1);
  assert.deepEqual(await throttled(1), first);
  assert.notDeepEqual(await throttled(2), first);
  assert.deepEqual(new Set(first), new Set([true, false]));
});

test('slows down whole DeleteObjects calls, or some of their keys', async (t) => {
  const { s3, faults } = await openFaultyCloud(t);
  const Bucket = 'slowed';
  await s3.createBucket({ Bucket });
  for (const Key of ['a', 'b', 'c']) await s3.putObject({ Bucket, Key, Body: Key });
  const Delete = { Objects: [{ Key: 'a' }, { Key: 'b' }, { Key: 'c' }] };
  faults.throttling = { 's3:DeleteObjects': { calls: 1 }, 's3:DeleteObjects.Key': { calls: 2 } };
  assert.deepEqual(await refusal(s3.deleteObjects({ Bucket, Delete })), ['SlowDown', 503]);
  assert.equal((await s3.listObjectsV2({ Bucket })).KeyCount, 3);
  const { Deleted, Errors } = await s3.deleteObjects({ Bucket, Delete });
  assert.deepEqual(
    Errors?.map(({ Key, Code }) => [Key, Code]),
    [
      ['a', 'SlowDown'],
      ['b', 'SlowDown'],
    ],
  );
  assert.deepEqual(
    Deleted?.map(({ Key }) => Key),
    ['c'],
  );
  assert.deepEqual((await s3.deleteObjects({ Bucket, Delete })).Errors, undefined);
});

test('changes faults while the cloud runs, if it was started with them', async (t) => {
  const { endpoint, cfn, secrets } = await openFaultyCloud(t);
  const headers = { authorization: `Bearer ${secrets.token}` };
  const set = (faults: object) =>
    fetch(`${endpoint}/_edge-upload/faults`, { method: 'PUT', headers, body: JSON.stringify(faults) });
  assert.equal((await set({ throttling: { 'cloudformation:*': { calls: 1 } } })).status, 204);
  await assert.rejects(cfn.createStack({ StackName: 'one', TemplateBody: BUCKET_STACK }), {
    name: 'Throttling',
  });
  await set({ throttling: { 'cloudformation:*': { calls: 1 } } });
  await set({});
  await cfn.listStacks({});
  const status = await fetch(`${endpoint}/_edge-upload/status`, { headers });
  assert.deepEqual(await status.json(), { well: true, proof: secrets.proof });
  const isolation = await fetch(`${endpoint}/_edge-upload/isolation`, { headers });
  assert.deepEqual(await isolation.json(), { isolation: 'none' });
  assert.equal((await fetch(`${endpoint}/_edge-upload/other`, { headers })).status, 404);
});
