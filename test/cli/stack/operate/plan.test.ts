import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change, ResourceChange } from '@aws-sdk/client-cloudformation';
import { describeProperty, losses, planLines, plannedSteps } from '../../../../cli/stack/operate/plan.ts';
import { optionChanges } from '../../../../cli/stack/options/deployed-options.ts';

const change = (ResourceChange: ResourceChange): Change => ({ Type: 'Resource', ResourceChange });

const CHANGES: Change[] = [
  change({ Action: 'Remove', ResourceType: 'AWS::Lambda::Version', LogicalResourceId: 'Version1' }),
  change({
    Action: 'Modify',
    ResourceType: 'AWS::Cognito::UserPool',
    LogicalResourceId: 'UserPool',
    Replacement: 'True',
    Details: [{ Target: { Attribute: 'Properties', Name: 'UsernameConfiguration' } }],
  }),
  change({
    Action: 'Modify',
    ResourceType: 'AWS::S3::Bucket',
    LogicalResourceId: 'Bucket',
    Replacement: 'False',
    Details: [
      { Target: { Attribute: 'Properties', Name: 'LifecycleConfiguration' } },
      { Target: { Attribute: 'Properties', Name: 'LifecycleConfiguration' } },
      { Target: { Attribute: 'Metadata' } },
    ],
  }),
  change({ Action: 'Add', ResourceType: 'AWS::Lambda::Version', LogicalResourceId: 'Version2' }),
];

test('lists a change set in words, additions first, removals last', () => {
  assert.deepEqual(planLines(plannedSteps(CHANGES)), [
    '  + add      edge function version',
    '  ~ change   bucket (expiry of objects)',
    '  ! REPLACE  user pool (username configuration): all its users are lost',
    '  - remove   edge function version',
  ]);
});

test('tells changes that depend on another resource from certain ones', () => {
  const detail = (Name: string, Evaluation: 'Static' | 'Dynamic') =>
    ({ Target: { Attribute: 'Properties', Name }, Evaluation }) as const;
  const [step] = plannedSteps([
    change({
      Action: 'Modify',
      ResourceType: 'AWS::CloudFront::Distribution',
      LogicalResourceId: 'Distribution',
      PhysicalResourceId: 'E1',
      Details: [
        detail('DistributionConfig', 'Dynamic'),
        detail('Tags', 'Dynamic'),
        detail('DistributionConfig', 'Static'),
      ],
    }),
  ]);
  assert.deepEqual(step?.properties, ['DistributionConfig', 'Tags']);
  assert.deepEqual(step.uncertain, ['Tags']);
  assert.equal(step.physicalId, 'E1');
});

test('names properties in words for every resource', () => {
  assert.deepEqual(
    describeProperty(['DistributionConfig', 'MemorySize', 'AccessTokenValidity', 'IdTokenValidity']),
    ['settings', 'memory size', 'token validity'],
  );
  assert.deepEqual(describeProperty(['SSESpecification', 'constructor']), [
    'ssespecification',
    'constructor',
  ]);
});

test('distinguishes deletions that lose users or objects from replaceable resources', () => {
  assert.deepEqual(
    losses(plannedSteps(CHANGES)).map(({ logicalId }) => logicalId),
    ['UserPool'],
  );
  const removed = change({ Action: 'Remove', ResourceType: 'AWS::S3::Bucket', LogicalResourceId: 'Bucket' });
  assert.equal(losses(plannedSteps([removed])).length, 1);
});

test('distinguishes a possible replacement from a certain one', () => {
  const [step] = plannedSteps([
    change({ Action: 'Modify', ResourceType: 'AWS::S3::BucketPolicy', Replacement: 'Conditional' }),
  ]);
  assert.equal(step?.what, 'change');
});

test('shows changed options by value, not as metadata', () => {
  const before = { writeTo: '{username}/', expireAfterDays: 30 };
  const after = { maxSize: 5 * 1024 ** 3, expireAfterDays: 7 };
  const options = optionChanges(before, after);
  const steps = plannedSteps([
    change({
      Action: 'Modify',
      ResourceType: 'AWS::S3::Bucket',
      Replacement: 'False',
      Details: [{ Target: { Attribute: 'Metadata' } }],
    }),
  ]);
  const lines = planLines(steps, options);
  assert.equal(lines.length, 3);
  assert.match(lines[0] ?? '', /^ {2}~ change {3}max-size: none → 5(\.00)? GiB$/);
  assert.deepEqual(lines.slice(1), [
    '  ~ change   write-to: {username}/ → none',
    '  ~ change   expire-after: 30 days → 7 days',
  ]);
});

test('reports a plan that changes no resource', () => {
  const Details = [{ Target: { Attribute: 'Metadata' as const } }];
  const steps = plannedSteps([
    change({ Action: 'Modify', ResourceType: 'AWS::S3::Bucket', Replacement: 'False', Details }),
    change({ Action: 'SyncWithActual', ResourceType: 'AWS::S3::BucketPolicy' }),
  ]);
  assert.deepEqual(planLines(steps), ["  no resource, only CloudFormation's records"]);
});

test('does not list a retained resource as removed', () => {
  const steps = plannedSteps([
    change({ Action: 'Remove', ResourceType: 'AWS::Lambda::Version', PolicyAction: 'Retain' }),
    change({ Action: 'Remove', ResourceType: 'AWS::Cognito::UserPool', PolicyAction: 'Retain' }),
    change({
      Action: 'Modify',
      ResourceType: 'AWS::S3::Bucket',
      Replacement: 'True',
      PolicyAction: 'ReplaceAndRetain',
    }),
  ]);
  assert.deepEqual(losses(steps), []);
  assert.deepEqual(planLines(steps), ['  ! REPLACE  bucket', '  . leave    user pool']);
});
