import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awsError } from '../../support/aws-error.ts';
import { ref, type Setup, setUp, template, thing } from './fixture.ts';

const body = template({
  A: thing({ Colour: 'red', Deep: { Size: 1, Names: ['a'] } }),
  B: thing({ Of: ref('A') }),
  Unsupported: { Type: 'Test::Other', Properties: {} },
});

async function detected({ sdk }: Setup, StackName = 'one') {
  const { StackDriftDetectionId } = await sdk.detectStackDrift({ StackName });
  const status = await sdk.describeStackDriftDetectionStatus({ StackDriftDetectionId });
  assert.equal(status.DetectionStatus, 'DETECTION_COMPLETE');
  return { status: status.StackDriftStatus, drifted: status.DriftedStackResourceCount };
}

test('reports changed and deleted resources, with the paths that differ', async (t) => {
  const setup = await setUp(t);
  const { sdk, cloud, create, stackOf } = setup;
  await create('one', body);
  assert.equal((await stackOf('one')).DriftInformation?.StackDriftStatus, 'NOT_CHECKED');
  assert.deepEqual(await detected(setup), { status: 'IN_SYNC', drifted: 0 });
  assert.equal((await stackOf('one')).DriftInformation?.StackDriftStatus, 'IN_SYNC');
  cloud.change('A', { Colour: 'blue', Deep: { Size: 2, Names: [] }, Unset: 1 });
  cloud.lose('B');
  cloud.lose('Unsupported');
  assert.deepEqual(await detected(setup), { status: 'DRIFTED', drifted: 2 });
  const { DriftInformation } = await stackOf('one');
  assert.equal(DriftInformation?.StackDriftStatus, 'DRIFTED');
  assert.ok(DriftInformation?.LastCheckTimestamp instanceof Date);
  const { StackResourceDrifts = [] } = await sdk.describeStackResourceDrifts({
    StackName: 'one',
    StackResourceDriftStatusFilters: ['MODIFIED', 'DELETED'],
  });
  assert.deepEqual(
    StackResourceDrifts.map((one) => [
      one.LogicalResourceId,
      one.StackResourceDriftStatus,
      one.PropertyDifferences?.map((difference) => Object.values(difference)),
    ]),
    [
      [
        'A',
        'MODIFIED',
        [
          ['/Colour', 'red', 'blue', 'NOT_EQUAL'],
          ['/Deep/Size', '1', '2', 'NOT_EQUAL'],
          ['/Deep/Names/0', 'a', 'null', 'REMOVE'],
        ],
      ],
      ['B', 'DELETED', []],
    ],
  );
  await assert.rejects(
    sdk.describeStackDriftDetectionStatus({ StackDriftDetectionId: 'none' }),
    awsError('ValidationError', /does not exist/),
  );
});

test('ignores drift in an ordinary change set, and reverts it with REVERT_DRIFT', async (t) => {
  const setup = await setUp(t);
  const { sdk, cloud, create, idle, stackOf, statusOf } = setup;
  await create('one', body);
  cloud.change('A', { Colour: 'blue', Deep: { Size: 1, Names: ['a'] } });
  cloud.lose('B');
  const common = { StackName: 'one', TemplateBody: JSON.stringify(body) };
  await sdk.createChangeSet({ ...common, ChangeSetName: 'plain' });
  const plain = await sdk.describeChangeSet({ StackName: 'one', ChangeSetName: 'plain' });
  assert.equal(plain.Status, 'FAILED');
  await sdk.createChangeSet({ ...common, ChangeSetName: 'aware', DeploymentMode: 'REVERT_DRIFT' });
  const aware = await sdk.describeChangeSet({ StackName: 'one', ChangeSetName: 'aware' });
  assert.equal(aware.DeploymentMode, 'REVERT_DRIFT');
  assert.deepEqual(
    aware.Changes?.map(({ ResourceChange: change }) => [
      change?.LogicalResourceId,
      change?.Action,
      change?.ResourceDriftStatus,
      change?.Details?.map(({ Target }) => Target?.Name),
    ]),
    [
      ['A', 'Modify', 'MODIFIED', ['Colour']],
      ['B', 'Add', 'DELETED', []],
    ],
  );
  await sdk.executeChangeSet({ StackName: 'one', ChangeSetName: 'aware' });
  await idle();
  assert.equal(await statusOf('one'), 'UPDATE_COMPLETE');
  assert.equal(cloud.named('A')[0]?.properties.Colour, 'red');
  assert.equal(cloud.named('B').length, 1);
  assert.equal((await stackOf('one')).DriftInformation?.StackDriftStatus, 'NOT_CHECKED');
  assert.deepEqual(await detected(setup), { status: 'IN_SYNC', drifted: 0 });
  await sdk.createChangeSet({ ...common, ChangeSetName: 'again', DeploymentMode: 'REVERT_DRIFT' });
  const again = await sdk.describeChangeSet({ StackName: 'one', ChangeSetName: 'again' });
  assert.equal(again.Status, 'FAILED');
});
