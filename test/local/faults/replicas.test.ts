import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeleteFunctionCommand, GetFunctionCommand } from '@aws-sdk/client-lambda';
import type { JsonObject } from '../../../local/json.ts';
import { ACCESS_CONTROL, distributionProperties, withBehavior, withOrigin } from '../cloudfront/fixture.ts';
import { openFaultyCloud } from './fixture.ts';

const ROLE: JsonObject = {
  AssumeRolePolicyDocument: {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: ['lambda.amazonaws.com', 'edgelambda.amazonaws.com'] },
        Action: 'sts:AssumeRole',
      },
    ],
  },
};

const att = (id: string, name: string): JsonObject => ({ 'Fn::GetAtt': [id, name] });

/** Returns a template with a distribution and its function. Function and version have the deletion policy. */
function edgeTemplate(DeletionPolicy: 'Delete' | 'Retain'): string {
  const onFunction = withBehavior(distributionProperties('unused'), {
    LambdaFunctionAssociations: [{ EventType: 'viewer-request', LambdaFunctionARN: { Ref: 'Version' } }],
  });
  const distribution = withOrigin(onFunction, {
    DomainName: att('Bucket', 'RegionalDomainName'),
    OriginAccessControlId: att('Access', 'Id'),
  });
  const code = { ZipFile: 'exports.handler = async (event) => event.Records[0].cf.request;' };
  const Properties: JsonObject = {
    Code: code,
    Handler: 'index.handler',
    Role: att('Role', 'Arn'),
    Runtime: 'nodejs24.x',
  };
  return JSON.stringify({
    Resources: {
      Bucket: { Type: 'AWS::S3::Bucket' },
      Role: { Type: 'AWS::IAM::Role', Properties: ROLE },
      Function: { Type: 'AWS::Lambda::Function', DeletionPolicy, Properties },
      Version: {
        Type: 'AWS::Lambda::Version',
        DeletionPolicy,
        Properties: { FunctionName: { Ref: 'Function' } },
      },
      Access: { Type: 'AWS::CloudFront::OriginAccessControl', Properties: ACCESS_CONTROL },
      Distribution: { Type: 'AWS::CloudFront::Distribution', Properties: distribution },
    },
    Outputs: { Function: { Value: { Ref: 'Function' } } },
  });
}

async function deployed(cloud: Awaited<ReturnType<typeof openFaultyCloud>>, policy: 'Delete' | 'Retain') {
  const { cfn } = cloud;
  await cfn.createStack({
    StackName: 'edge',
    TemplateBody: edgeTemplate(policy),
    Capabilities: ['CAPABILITY_IAM'],
  });
  await cloud.cloud.idle();
  const { Stacks: [stack] = [] } = await cfn.describeStacks({ StackName: 'edge' });
  assert.equal(stack?.StackStatus, 'CREATE_COMPLETE');
  return { id: stack.StackId ?? '', name: stack.Outputs?.[0]?.OutputValue ?? '' };
}

/** Deletes the stack. Returns its status, and the reasons why resources could not be deleted. */
async function deletion(
  { cfn, cloud }: Awaited<ReturnType<typeof openFaultyCloud>>,
  StackName: string,
  RetainResources?: string[],
) {
  await cfn.deleteStack({ StackName, RetainResources });
  await cloud.idle();
  const { Stacks: [stack] = [] } = await cfn.describeStacks({ StackName });
  const { StackResources = [] } = await cfn.describeStackResources({ StackName });
  const failed = StackResources.filter(({ ResourceStatus }) => ResourceStatus === 'DELETE_FAILED');
  return {
    status: stack?.StackStatus,
    reasons: failed.map(
      ({ LogicalResourceId, ResourceStatusReason }) => `${LogicalResourceId}: ${ResourceStatusReason}`,
    ),
  };
}

const HELD_MS = 60_000;

test('fails to delete a stack while its function has replicas', async (t) => {
  const setup = await openFaultyCloud(t, { replicasHeldMs: HELD_MS });
  const { id } = await deployed(setup, 'Delete');
  const first = await deletion(setup, id);
  assert.equal(first.status, 'DELETE_FAILED');
  assert.equal(first.reasons.length, 1);
  assert.match(first.reasons[0] ?? '', /^Version: .*unable to delete .* because it is a replicated function/);
  const retaining = await deletion(setup, id, ['Version']);
  assert.equal(retaining.status, 'DELETE_FAILED');
  assert.match(retaining.reasons[0] ?? '', /^Function: .* because it is a replicated function/);
  setup.clock.ahead = HELD_MS + 1000;
  assert.deepEqual(await deletion(setup, id), { status: 'DELETE_COMPLETE', reasons: [] });
});

test('deletes a retained function once its replicas are deleted', async (t) => {
  const setup = await openFaultyCloud(t, { replicasHeldMs: HELD_MS });
  const { clock, lambda } = setup;
  const { id, name } = await deployed(setup, 'Retain');
  assert.deepEqual(await deletion(setup, id), { status: 'DELETE_COMPLETE', reasons: [] });
  const remove = () => lambda.send(new DeleteFunctionCommand({ FunctionName: name }));
  await assert.rejects(remove(), { name: 'InvalidParameterValueException', message: /replicated function/ });
  clock.ahead = HELD_MS + 1000;
  await remove();
  await assert.rejects(lambda.send(new GetFunctionCommand({ FunctionName: name })), {
    name: 'ResourceNotFoundException',
  });
});
