import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { keyPolicyFor } from '../../../../cli/stack/checks/kms-key.ts';
import type { FoundStack } from '../../../../cli/stack/find-stack.ts';
import { workAgainst } from '../world.ts';

const ACCOUNT = '123456789012';
const kmsKeyArn = `arn:aws:kms:us-east-1:${ACCOUNT}:key/12345678-90ab-cdef-1234-567890abcdef`;

const STACK = { id: 'arn:x', status: 'CREATE_COMPLETE' } as FoundStack;

/** An account with a stack, with or without a distribution. */
async function account(t: TestContext, { distribution }: { distribution?: string } = {}) {
  const resource = distribution
    ? `<member><LogicalResourceId>D</LogicalResourceId><ResourceType>AWS::CloudFront::Distribution</ResourceType><PhysicalResourceId>${distribution}</PhysicalResourceId><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member>`
    : '';
  const { work } = await workAgainst(t, () => ({
    body: `<ListStackResourcesResponse><ListStackResourcesResult><StackResourceSummaries>${resource}</StackResourceSummaries></ListStackResourcesResult></ListStackResourcesResponse>`,
  }));
  return work;
}

test('allows only CloudFront, for this distribution, to use the key', async (t) => {
  const work = await account(t, { distribution: 'E1ABCDEF' });
  const policy = await keyPolicyFor(work, STACK, kmsKeyArn);
  assert.deepEqual(policy?.statement, {
    Sid: 'EdgeUpload',
    Effect: 'Allow',
    Principal: { Service: 'cloudfront.amazonaws.com' },
    Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    Resource: '*',
    Condition: {
      StringEquals: { 'AWS:SourceArn': `arn:aws:cloudfront::${ACCOUNT}:distribution/E1ABCDEF` },
    },
  });
  const [first = '', ...json] = policy?.lines ?? [];
  assert.match(first, new RegExp(`the policy of the key ${kmsKeyArn} has this statement`));
  assert.deepEqual(JSON.parse(json.join('\n')), policy?.statement, 'the lines can be copied');
});

test('has no statement without a distribution', async (t) => {
  assert.equal(await keyPolicyFor(await account(t), STACK, kmsKeyArn), undefined);
});
