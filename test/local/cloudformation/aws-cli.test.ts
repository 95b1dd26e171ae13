import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AWS_TOOL_ENV, awsCli } from '../../support/aws-cli.ts';
import { missing, runProgram } from '../../support/programs.ts';
import { att, ref, setUp, template, thing } from './fixture.ts';

const body = (colour: string) =>
  template(
    { A: thing({ Colour: colour }), B: thing({ Of: ref('A') }) },
    { Outputs: { Shade: { Value: att('A', 'Shade') } } },
  );

test('the AWS CLI validates, deploys, changes, reads and deletes a stack', {
  skip: missing('aws'),
}, async (t) => {
  const setup = await setUp(t);
  const aws = awsCli(setup.endpoint, 'cloudformation');
  const file = (name: string, colour: string) => {
    const path = join(setup.dataDir, name);
    writeFileSync(path, JSON.stringify(body(colour)));
    return path;
  };
  const stack = ['--stack-name', 'one'];
  const { Parameters } = await aws('validate-template', '--template-body', JSON.stringify(body('red')));
  assert.deepEqual(Parameters, []);
  await aws('deploy', ...stack, '--template-file', file('red.json', 'red'));
  const { Stacks } = await aws('describe-stacks', ...stack);
  assert.equal(Stacks[0].StackStatus, 'CREATE_COMPLETE');
  assert.deepEqual(Stacks[0].Outputs, [{ OutputKey: 'Shade', OutputValue: 'red' }]);
  // The AWS CLI derives the name of a change set from the time in seconds, so two can have the same name.
  const { Summaries } = await aws('list-change-sets', ...stack);
  assert.equal(Summaries.length, 1);
  for (const { ChangeSetId } of Summaries) await aws('delete-change-set', '--change-set-name', ChangeSetId);
  const unchanged = await aws(
    'deploy',
    ...stack,
    '--template-file',
    file('red.json', 'red'),
    '--no-fail-on-empty-changeset',
  );
  assert.match(unchanged, /No changes to deploy\. Stack one is up to date/);
  await aws('update-stack', ...stack, '--template-body', `file://${file('blue.json', 'blue')}`);
  await aws('wait', 'stack-update-complete', ...stack);
  const { StackEvents } = await aws('describe-stack-events', ...stack);
  assert.equal(StackEvents[0].ResourceStatus, 'UPDATE_COMPLETE');
  await aws('delete-stack', ...stack);
  await aws('wait', 'stack-delete-complete', ...stack);
  await assert.rejects(aws('describe-stacks', ...stack), {
    stderr:
      /An error occurred \(ValidationError\) when calling the DescribeStacks operation: Stack with id one does not exist/,
  });
  assert.deepEqual(setup.cloud.things, []);
});

/** A boto3 script: a change set for a new stack, its execution, a failing update, and the deletion. */
const STORY = `
import json, sys, boto3
from botocore.exceptions import ClientError, WaiterError
endpoint, template, failing = sys.argv[1:]
cfn = boto3.client('cloudformation', endpoint_url=endpoint)
soon = {'Delay': 0, 'MaxAttempts': 1000}
made = cfn.create_change_set(StackName='one', ChangeSetName='c', ChangeSetType='CREATE', TemplateBody=template)
cfn.get_waiter('change_set_create_complete').wait(ChangeSetName=made['Id'], WaiterConfig=soon)
changes = cfn.describe_change_set(ChangeSetName=made['Id'])['Changes']
cfn.execute_change_set(ChangeSetName=made['Id'])
cfn.get_waiter('stack_create_complete').wait(StackName='one', WaiterConfig=soon)
cfn.update_stack(StackName='one', TemplateBody=failing)
try:
    cfn.get_waiter('stack_update_complete').wait(StackName='one', WaiterConfig=soon)
    failed = None
except WaiterError as error:
    failed = error.last_response['Stacks'][0]['StackStatus']
cfn.get_waiter('stack_rollback_complete').wait(StackName='one', WaiterConfig=soon)
events = [e for page in cfn.get_paginator('describe_stack_events').paginate(StackName='one') for e in page['StackEvents']]
cfn.delete_stack(StackName='one')
cfn.get_waiter('stack_delete_complete').wait(StackName=made['StackId'], WaiterConfig=soon)
try:
    cfn.describe_stacks(StackName='one')
    gone = None
except ClientError as error:
    gone = error.response['Error']
json.dump({'changes': len(changes), 'failed': failed, 'events': len(events), 'gone': gone}, sys.stdout)
`;

test('boto3 does the same with its own waiters and paginators', {
  skip: missing('python3', '-c', 'import boto3'),
}, async (t) => {
  const { endpoint, cloud } = await setUp(t, { faults: { failingResources: { Bad: 'no' } } });
  const failing = template({ A: thing({ Colour: 'blue' }), Bad: thing({ Of: ref('A') }) });
  const { stdout, stderr, code } = await runProgram(
    'python3',
    ['-c', STORY, endpoint, JSON.stringify(body('red')), JSON.stringify(failing)],
    { env: AWS_TOOL_ENV },
  );
  assert.equal(code, 0, stderr);
  const { gone, events, ...told } = JSON.parse(stdout);
  assert.deepEqual(told, { changes: 2, failed: 'UPDATE_ROLLBACK_COMPLETE' });
  assert.ok(events > 10);
  assert.equal(gone.Code, 'ValidationError');
  assert.equal(gone.Message, 'Stack with id one does not exist');
  assert.deepEqual(cloud.things, []);
});
