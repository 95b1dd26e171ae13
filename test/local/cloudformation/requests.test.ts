import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { awsError } from '../../support/aws-error.ts';
import { setUp, template, thing } from './fixture.ts';

const body = JSON.stringify(template({ A: thing() }));

test('refuses a request without a signature, or with a wrong one', async (t) => {
  const { endpoint } = await setUp(t);
  const form = new URLSearchParams({ Action: 'ListStacks', Version: '2010-05-15' });
  const unsigned = await fetch(endpoint, { method: 'POST', body: form });
  assert.equal(unsigned.status, 403);
  assert.match(await unsigned.text(), /<Code>MissingAuthenticationToken<\/Code>/);
  const wrong = new CloudFormation({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'other' },
    maxAttempts: 1,
  });
  t.after(() => wrong.destroy());
  await assert.rejects(wrong.listStacks({}), awsError('SignatureDoesNotMatch'));
});

test('refuses unsupported operations and parameters by name', async (t) => {
  const { sdk } = await setUp(t);
  await assert.rejects(
    sdk.listStackSets({}),
    awsError('InvalidAction', /Could not find operation ListStackSets for version 2010-05-15/),
  );
  await assert.rejects(
    sdk.createStack({ StackName: 'one', TemplateBody: body, RoleARN: 'arn:aws:iam::000000000000:role/r' }),
    awsError('ValidationError', 'The embedded cloud does not support the parameter RoleARN.'),
  );
});

test('refuses invalid inputs in the words of the API’s validation', async (t) => {
  const { sdk } = await setUp(t);
  const refused = (constraint: string) =>
    awsError('ValidationError', `1 validation error detected: Value ${constraint}`);
  await assert.rejects(
    sdk.createStack({ StackName: '1one', TemplateBody: body }),
    refused(
      "'1one' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*",
    ),
  );
  const StackName = 'x'.repeat(129);
  await assert.rejects(
    sdk.createStack({ StackName, TemplateBody: body }),
    refused(
      `'${StackName}' at 'stackName' failed to satisfy constraint: Member must have length less than or equal to 128`,
    ),
  );
  await assert.rejects(
    sdk.createStack({ StackName: undefined, TemplateBody: body }),
    refused("null at 'stackName' failed to satisfy constraint: Member must not be null"),
  );
  await assert.rejects(
    sdk.createStack({ StackName: 'one', TemplateBody: body, OnFailure: 'WAIT' as 'DELETE' }),
    refused(
      "'WAIT' at 'onFailure' failed to satisfy constraint: Member must satisfy enum value set: [ROLLBACK, DELETE, DO_NOTHING]",
    ),
  );
  await assert.rejects(
    sdk.createStack({ StackName: 'one', TemplateBody: body, OnFailure: 'DELETE', DisableRollback: true }),
    awsError('ValidationError', 'You can specify either DisableRollback or OnFailure, but not both.'),
  );
  await assert.rejects(
    sdk.createStack({ StackName: 'one' }),
    awsError('ValidationError', 'Either Template URL or Template Body must be specified.'),
  );
});

test('checks inputs by the API’s limits before it looks for the stack', async (t) => {
  const { sdk } = await setUp(t);
  const StackName = 'nothing';
  const long = (length: number) => 'x'.repeat(length);
  const change = { StackName, ChangeSetName: 'c' };
  const tags = (count: number, key = 'k') => Array.from({ length: count }, () => ({ Key: key, Value: 'v' }));
  const calls: Readonly<Record<string, Promise<unknown>>> = {
    nextToken: sdk.describeStackEvents({ StackName, NextToken: long(1025) }),
    templateURL: sdk.updateStack({ StackName, TemplateURL: `https://${long(5113)}` }),
    tags: sdk.createChangeSet({ ...change, Tags: tags(51) }),
    'tags.1.member.key': sdk.createChangeSet({ ...change, Tags: tags(1, long(129)) }),
    description: sdk.createChangeSet({ ...change, Description: long(1025) }),
    clientToken: sdk.createChangeSet({ ...change, ClientToken: long(129) }),
    changeSetName: sdk.executeChangeSet({ StackName, ChangeSetName: 'a_b' }),
    templateStage: sdk.getTemplate({ StackName, TemplateStage: 'other' as 'Original' }),
    stackDriftDetectionId: sdk.describeStackDriftDetectionStatus({ StackDriftDetectionId: long(37) }),
  };
  for (const [place, call] of Object.entries(calls)) {
    await assert.rejects(
      call,
      awsError('ValidationError', new RegExp(`at '${place}' failed to satisfy constraint`)),
    );
  }
});

test('reports a missing stack in the words of each operation', async (t) => {
  const { sdk } = await setUp(t);
  const StackName = 'nothing';
  const withId = awsError('ValidationError', 'Stack with id nothing does not exist');
  const inBrackets = awsError('ValidationError', 'Stack [nothing] does not exist');
  await assert.rejects(sdk.describeStacks({ StackName }), withId);
  await assert.rejects(sdk.getTemplate({ StackName }), withId);
  await assert.rejects(sdk.listStackResources({ StackName }), withId);
  await assert.rejects(sdk.describeStackResources({ StackName }), withId);
  await assert.rejects(sdk.describeStackResource({ StackName, LogicalResourceId: 'A' }), withId);
  await assert.rejects(sdk.describeStackEvents({ StackName }), inBrackets);
  await assert.rejects(sdk.updateStack({ StackName, TemplateBody: body }), inBrackets);
  await assert.rejects(sdk.continueUpdateRollback({ StackName }), inBrackets);
  await assert.rejects(sdk.rollbackStack({ StackName }), inBrackets);
});

test('finds a resource by stack, logical ID or physical ID', async (t) => {
  const { sdk, create, cloud } = await setUp(t);
  const id = await create('one', template({ A: thing({}, { Metadata: { a: 1 } }), B: thing() }));
  const PhysicalResourceId = cloud.named('A')[0]?.physicalId ?? '';
  const found = await sdk.describeStackResources({ PhysicalResourceId });
  assert.deepEqual(
    found.StackResources?.map((resource) => [resource.StackId, resource.LogicalResourceId]),
    [
      [id, 'A'],
      [id, 'B'],
    ],
  );
  const one = await sdk.describeStackResources({ StackName: 'one', LogicalResourceId: 'A' });
  assert.equal(one.StackResources?.[0]?.PhysicalResourceId, PhysicalResourceId);
  await assert.rejects(
    sdk.describeStackResource({ StackName: 'one', LogicalResourceId: 'C' }),
    awsError('ValidationError', 'Resource C does not exist for stack one'),
  );
  await assert.rejects(
    sdk.describeStackResources({ PhysicalResourceId: 'nothing' }),
    awsError('ValidationError', 'Stack for nothing does not exist'),
  );
});

test('finds the latest stack of a physical ID that a deleted stack had too', async (t) => {
  const { sdk, create, remove } = await setUp(t);
  const body = template({ A: thing({ FixedName: 'fixed' }) });
  await create('first', body);
  await remove('first');
  const id = await create('second', body);
  const { StackResources = [] } = await sdk.describeStackResources({ PhysicalResourceId: 'fixed' });
  assert.deepEqual(
    StackResources.map(({ StackId }) => StackId),
    [id],
  );
});

test('refuses a token of another action, and counts a repeated deletion once', async (t) => {
  const { sdk, create, idle, eventsOf } = await setUp(t);
  const id = await create('one', template({ A: thing() }), { ClientRequestToken: 'first' });
  await assert.rejects(
    sdk.deleteStack({ StackName: 'one', ClientRequestToken: 'first' }),
    awsError('TokenAlreadyExistsException', 'The token first was already used to request CreateStack'),
  );
  await sdk.deleteStack({ StackName: 'one', ClientRequestToken: 'second' });
  await idle();
  await sdk.deleteStack({ StackName: id, ClientRequestToken: 'second' });
  await idle();
  const deleting = (await eventsOf(id)).filter(
    ({ ResourceStatus }) => ResourceStatus === 'DELETE_IN_PROGRESS',
  );
  assert.deepEqual(
    deleting.map(({ ClientRequestToken }) => ClientRequestToken),
    ['second', 'second'],
  );
  await assert.rejects(
    sdk.createStack({ StackName: 'two', TemplateBody: body, ClientRequestToken: '-' }),
    awsError('ValidationError'),
  );
});
